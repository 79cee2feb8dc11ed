using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.Membership;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>
/// The voters of the consensus engine, by data directory. Bytes: version 1, count as int32 little-endian,
/// then 16 bytes each, sorted.
/// </summary>
internal sealed class MemberSet : IClusterConfiguration<EndPoint>
{
    private const byte Version = 1;
    private const int HeadBytes = 5;
    private const int IdBytes = 16;

    private readonly ImmutableSortedSet<Guid> _directories;
    private readonly byte[] _bytes;

    public MemberSet(IEnumerable<Guid> directories)
    {
        _directories = [.. directories];
        Members = _directories.Select(AddressBook.EndPointOf).ToImmutableHashSet();
        _bytes = new byte[HeadBytes + (IdBytes * _directories.Count)];
        _bytes[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(1), _directories.Count);
        for (int i = 0; i < _directories.Count; i++)
            _directories[i].TryWriteBytes(_bytes.AsSpan(HeadBytes + (IdBytes * i)), bigEndian: true, out _);
    }

    /// <inheritdoc/>
    public IReadOnlySet<EndPoint> Members { get; }

    /// <inheritdoc/>
    public bool IsReusable => true;

    /// <inheritdoc/>
    public long? Length => _bytes.Length;

    /// <summary>The bytes of this set.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>
    /// Reads a set; no bytes are the empty set. Throws Corrupt for anything else that is not one, Invalid
    /// for a version that is not known here.
    /// </summary>
    public static MemberSet Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return new MemberSet([]);
        FormatVersion.Require("the list of voters", bytes[0], Version, Version);
        if (bytes.Length < HeadBytes)
            throw new TsDbException(ErrorKind.Corrupt, $"a list of voters has {bytes.Length} bytes");
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
        if (count < 0 || bytes.Length != HeadBytes + ((long)IdBytes * count))
            throw new TsDbException(ErrorKind.Corrupt, $"a list of {count} voters has {bytes.Length} bytes");
        List<Guid> directories = [];
        for (int i = 0; i < count; i++)
            directories.Add(new Guid(bytes.Slice(HeadBytes + (IdBytes * i), IdBytes), bigEndian: true));
        return new MemberSet(directories);
    }

    /// <inheritdoc/>
    public IClusterConfiguration<EndPoint> Add(EndPoint address) =>
        Same(_directories.Add(AddressBook.DirectoryOf(address)));

    /// <inheritdoc/>
    public IClusterConfiguration<EndPoint> Remove(EndPoint address) =>
        Same(_directories.Remove(AddressBook.DirectoryOf(address)));

    /// <inheritdoc/>
    public bool TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = _bytes;
        return true;
    }

    /// <inheritdoc/>
    public ValueTask WriteToAsync<TWriter>(TWriter writer, CancellationToken token)
        where TWriter : IAsyncBinaryWriter => writer.Invoke(_bytes, token);

    private MemberSet Same(ImmutableSortedSet<Guid> directories) =>
        ReferenceEquals(directories, _directories) ? this : new MemberSet(directories);
}
