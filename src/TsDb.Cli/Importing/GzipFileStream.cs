using System.IO.Compression;
using TsDb.Adapters.Hosting;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>
/// A gzipped file unpacked from its beginning to its end. Throws <see cref="ErrorKind.Invalid"/> where the
/// file is damaged or ends too early, which the library takes for an end like any other.
/// </summary>
internal sealed class GzipFileStream(string path, FileStream file) : ForwardStream
{
    private const int BufferBytes = 64 << 10;

    private readonly GZipStream _unpacked = new(GzipEnd.Behind(file), CompressionMode.Decompress);

    // The last bytes are kept back: at the end they must be those that were put behind the file.
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (_end - _start <= GzipEnd.Text.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            int read = Unpack(_buffer.AsSpan(_end));
            _end += read;
            if (read > 0) continue;
            return _buffer.AsSpan(0, _end).SequenceEqual(GzipEnd.Text)
                ? 0
                : throw new TsDbException(
                    ErrorKind.Invalid,
                    $"{path} ends too early: a gzip file whose end is missing (was it copied whole?)");
        }

        int count = Math.Min(buffer.Length, _end - _start - GzipEnd.Text.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }

    private int Unpack(Span<byte> to)
    {
        try
        {
            return _unpacked.Read(to);
        }
        catch (InvalidDataException e)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"{path} is damaged, ends too early, or is no gzip file", e);
        }
    }
}
