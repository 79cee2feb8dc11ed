using System.Text;
using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// The texts that a walk meets for the first time, one after the other: written in one direction, read in the
/// other. Their lengths are coded with the numbers.
/// </summary>
internal sealed class TextStream
{
    private readonly ByteSink? _sink;
    private readonly byte[] _source = [];
    private readonly NumberModel _lengths = new();
    private int _at;

    /// <summary>A stream to write to.</summary>
    public TextStream(ByteSink sink) => _sink = sink;

    /// <summary>A stream to read from.</summary>
    public TextStream(byte[] source) => _source = source;

    /// <summary>The text given, or the next one.</summary>
    public ReadOnlySpan<byte> Next<T>(ref T coder, ReadOnlySpan<byte> text)
        where T : struct, IBitCoder, allows ref struct
    {
        int length = _lengths.Count(ref coder, text.Length, int.MaxValue);
        if (_sink is not null)
        {
            _sink.Write(text);
            return text;
        }

        if (length > _source.Length - _at) throw Damage.Found($"a text of {length} bytes is beyond the end");
        _at += length;
        return _source.AsSpan(_at - length, length);
    }

    /// <summary>As <see cref="Next"/>, for names.</summary>
    public string NextName<T>(ref T coder, string name)
        where T : struct, IBitCoder, allows ref struct =>
        Encoding.UTF8.GetString(Next(ref coder, Encoding.UTF8.GetBytes(name)));
}
