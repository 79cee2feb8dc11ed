using System.Text;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>
/// What a connection to the cluster port begins with, before any byte of the consensus engine: who is
/// calling, for what, and for which cluster. Two clusters that reach each other by a wrong address never
/// exchange more than this. Layout: magic 8, version 1, purpose 1, cluster id 16 (zero for none), directory
/// id 16, address length 1, address UTF-8. The answer: magic 8, version 1, verdict 1, cluster id 16.
/// </summary>
internal sealed record ClusterPreface(
    ClusterPurpose Purpose, ClusterId Cluster, Guid DirectoryId, string Address)
{
    /// <summary>The version of this preface and of everything behind it.</summary>
    public const byte Version = 4;

    private const int FixedBytes = 43;
    private const int AnswerBytes = 26;

    private static readonly byte[] Magic = "TSDBCLUS"u8.ToArray();

    /// <summary>
    /// Writes the preface and reads the verdict. Throws Unavailable or Invalid unless welcome.
    /// </summary>
    public async Task CallAsync(Stream stream, CancellationToken ct)
    {
        await stream.WriteAsync(ToBytes(), ct);
        byte[] answer = new byte[AnswerBytes];
        await stream.ReadExactlyAsync(answer, ct);
        RequireWelcome(answer);
    }

    /// <summary>The same by a thread that waits.</summary>
    public void Call(Stream stream)
    {
        stream.Write(ToBytes());
        byte[] answer = new byte[AnswerBytes];
        stream.ReadExactly(answer);
        RequireWelcome(answer);
    }

    /// <summary>
    /// Reads a caller's preface; null if the bytes are not one. A preface of another version is answered
    /// here, with the version this node speaks.
    /// </summary>
    public static ClusterPreface? Read(Stream stream)
    {
        byte[] bytes = new byte[FixedBytes];
        stream.ReadExactly(bytes.AsSpan(0, Magic.Length + 1));
        if (!bytes.AsSpan().StartsWith(Magic)) return null;
        if (bytes[8] != Version)
        {
            Answer(stream, ClusterVerdict.OtherVersion, default);
            return null;
        }

        stream.ReadExactly(bytes.AsSpan(Magic.Length + 1));
        byte[] address = new byte[bytes[42]];
        stream.ReadExactly(address);
        return new ClusterPreface(
            (ClusterPurpose)bytes[9],
            new ClusterId(new Guid(bytes.AsSpan(10, 16), bigEndian: true)),
            new Guid(bytes.AsSpan(26, 16), bigEndian: true),
            Encoding.UTF8.GetString(address));
    }

    /// <summary>Answers a preface.</summary>
    public static void Answer(Stream stream, ClusterVerdict verdict, ClusterId self)
    {
        byte[] bytes = new byte[AnswerBytes];
        Magic.CopyTo(bytes, 0);
        bytes[8] = Version;
        bytes[9] = (byte)verdict;
        self.Value.TryWriteBytes(bytes.AsSpan(10), bigEndian: true, out _);
        stream.Write(bytes);
    }

    private byte[] ToBytes()
    {
        byte[] address = Encoding.UTF8.GetBytes(Address);
        byte[] bytes = new byte[FixedBytes + address.Length];
        Magic.CopyTo(bytes, 0);
        bytes[8] = Version;
        bytes[9] = (byte)Purpose;
        Cluster.Value.TryWriteBytes(bytes.AsSpan(10), bigEndian: true, out _);
        DirectoryId.TryWriteBytes(bytes.AsSpan(26), bigEndian: true, out _);
        bytes[42] = checked((byte)address.Length);
        address.CopyTo(bytes, FixedBytes);
        return bytes;
    }

    private void RequireWelcome(ReadOnlySpan<byte> answer)
    {
        if (!answer.StartsWith(Magic))
            throw new TsDbException(ErrorKind.Invalid, "what listens there is not a cluster port of TsDb");
        ClusterId other = new(new Guid(answer[10..], bigEndian: true));
        switch ((ClusterVerdict)answer[9])
        {
            case ClusterVerdict.Welcome:
                return;
            case ClusterVerdict.OtherCluster:
                throw new TsDbException(
                    ErrorKind.Invalid, $"the node there belongs to cluster {other}, not to {Cluster}");
            case ClusterVerdict.OtherVersion:
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"the node there speaks cluster protocol {answer[8]}, this one {Version}: "
                    + "start programs of one protocol on all nodes");
            case ClusterVerdict.Removed:
                throw new TsDbException(
                    ErrorKind.Conflict,
                        "this data directory was removed from the cluster: start with a new one");
            default:
                throw new TsDbException(ErrorKind.Unavailable, "the node there is not in a cluster yet");
        }
    }
}
