using System.Buffers;

namespace TsDb.Columnar.Building;

/// <summary>
/// The distinct tag sets of a batch. A set is kept as one byte string: for each tag column in order the
/// length of the value plus one and its bytes, a zero where the tag is absent, and nothing for absent tags at
/// the end, so that columns added later change no key.
/// </summary>
internal sealed class SeriesKeys(long hashSeed) : IDisposable
{
    private const int LengthBytesMax = 5;

    private readonly ByteKeyMap _keys = new(hashSeed);
    private (int Start, int Length)[] _values = new (int, int)[16];
    private int _tagsEnd;
    private byte[] _scratch = ArrayPool<byte>.Shared.Rent(1_024);
    private int _scratchEnd;
    private bool _inOrder;

    public int Count => _keys.Count;

    public void Begin()
    {
        _values.AsSpan(0, _tagsEnd).Clear();
        _tagsEnd = 0;
        _scratchEnd = 0;
        _inOrder = true;
    }

    public bool Set(int tag, ReadOnlySpan<byte> value)
    {
        if (tag < _tagsEnd)
        {
            if (_values[tag].Start > 0) return false;
            _inOrder = false;
        }

        if (tag >= _values.Length) System.Array.Resize(ref _values, Math.Max(tag + 1, _values.Length * 2));
        EnsureScratch(checked(_scratchEnd + value.Length + LengthBytesMax + Math.Max(0, tag - _tagsEnd)));
        for (int absent = _tagsEnd; absent < tag; absent++) _scratch[_scratchEnd++] = 0;
        _scratchEnd += WriteLength(_scratch.AsSpan(_scratchEnd), value.Length + 1);
        value.CopyTo(_scratch.AsSpan(_scratchEnd));
        // A start of zero means absent; no value starts there, because its length comes first.
        _values[tag] = (_scratchEnd, value.Length);
        _scratchEnd += value.Length;
        _tagsEnd = Math.Max(_tagsEnd, tag + 1);
        return true;
    }

    public int End()
    {
        // Tags that came in the order of their columns lie in the scratch as the key already.
        if (_inOrder) return Intern(_scratch.AsSpan(0, _scratchEnd));
        int start = _scratchEnd;
        EnsureScratch(checked(start + start + (LengthBytesMax * _tagsEnd)));
        int end = start;
        for (int tag = 0; tag < _tagsEnd; tag++)
        {
            (int from, int length) = _values[tag];
            end += WriteLength(_scratch.AsSpan(end), from == 0 ? 0 : length + 1);
            _scratch.AsSpan(from, length).CopyTo(_scratch.AsSpan(end));
            end += length;
        }

        return Intern(_scratch.AsSpan(start..end));
    }

    public void Truncate(int count) => _keys.Truncate(count);

    /// <summary>Starts to read a tag set.</summary>
    public ReadOnlySpan<byte> KeyOf(int series) => _keys[series];

    /// <summary>Takes the next tag off a key: its value, or false if it is absent.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (key.IsEmpty) return false;
        int length = 0;
        int at = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = key[at++];
            length |= (part & 0x7F) << shift;
            if (part < 0x80) break;
        }

        key = key[at..];
        if (length == 0) return false;
        value = key[..(length - 1)];
        key = key[(length - 1)..];
        return true;
    }

    public void Dispose()
    {
        _keys.Dispose();
        if (_scratch.Length > 0) ArrayPool<byte>.Shared.Return(_scratch);
        _scratch = [];
    }

    private static int WriteLength(Span<byte> destination, int length)
    {
        int at = 0;
        uint rest = (uint)length;
        for (; rest >= 0x80; rest >>= 7) destination[at++] = (byte)(rest | 0x80);
        destination[at++] = (byte)rest;
        return at;
    }

    private int Intern(ReadOnlySpan<byte> key)
    {
        int found = _keys.Find(key, out ulong hash);
        return found >= 0 ? found : _keys.Add(key, hash);
    }

    private void EnsureScratch(int needed)
    {
        if (needed <= _scratch.Length) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _scratch.Length * 2));
        _scratch.AsSpan(0, _scratchEnd).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_scratch);
        _scratch = larger;
    }
}
