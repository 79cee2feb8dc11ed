using System.Text;
using TsDb.Adapters.Raft;
using TsDb.Codec.Replica;
using TsDb.Codec.Wal;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;
using TsDb.Storage.Backup;
using TsDb.Storage.Catalog;
using TsDb.Storage.Records;
using TsDb.Tests.Replication.Receiving;
using TsDb.Tests.Storage;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Formats;

/// <summary>What stands on the disks of edges and cloud nodes, one by one.</summary>
internal static class DiskFormats
{
    private static readonly WalFileId WalFile = new(0x1122334455667788);
    private static readonly Guid RecordFile = new(1, 2, 3, new byte[8]);
    private static readonly Guid Other = new(4, 5, 6, new byte[8]);

    public static IEnumerable<Format> All =>
    [
        new("log-frame", 1, Frame(Payload()), AgainFrame)
        {
            Newer = [InVersion(Frame(Payload()), 2), Frame(PayloadOf(version: 3))],
        },
        Catalog(),
        Replicas(),
        new("cluster-command", 3, Commands(), AgainCommands)
        {
            Newer = [Changed(Commands(), 4 + 7, ClusterCodec.Version + 1)], WithMore = null,
        },
        new("cluster-snapshot", 3, ClusterCodec.Encode(Configuration()), bytes =>
            ClusterCodec.Encode(ClusterCodec.DecodeConfiguration(bytes)))
        {
            Newer = [Changed(ClusterCodec.Encode(Configuration()), 7, ClusterCodec.Version + 1)],
            WithMore = WithMember(ClusterCodec.Encode(Configuration())),
            RefusesMore = true,
        },
        new("final-erasure", 4, FinalErasure(), bytes =>
        {
            Assert.True(ClusterCodec.TryDecode(bytes, out ClusterCommand? command));
            return ClusterCodec.Encode(command!);
        })
        {
            Newer = [Changed(FinalErasure(), 7, ClusterCodec.Version + 1)],
        },
        new("final-snapshot", 4, ClusterCodec.Encode(Final()), bytes =>
            ClusterCodec.Encode(ClusterCodec.DecodeConfiguration(bytes)))
        {
            Newer = [Changed(ClusterCodec.Encode(Final()), 7, ClusterCodec.Version + 1)],
            WithMore = WithMember(ClusterCodec.Encode(Final())),
            RefusesMore = true,
        },
        Purged(),
        new("replacement-rule", 5, Pieces([.. RuleKnown.Select(ClusterCodec.Encode)]), AgainCommands),
        new("replacement-snapshot", 5, ClusterCodec.Encode(WithRule), bytes =>
            ClusterCodec.Encode(ClusterCodec.DecodeConfiguration(bytes))),
        new("voters", 1, Voters(), bytes => MemberSet.Decode(bytes).Bytes.ToArray())
        {
            Newer = [Changed(Voters(), 0, 2)],
        },
        new("membership", 2, Membership(), AgainMembership)
        {
            Newer = [Json("""{"version":3,"members":{}}""")],
            WithMore = WithMember(Membership()),
            RefusesMore = true,
        },
        new("vote", 1, Vote(), AgainVote) { Newer = [Json("""{"version":2,"promised":7}""")] },
        new("backup-manifest", 1, Manifest().Encode(), bytes => BackupManifest.Decode(bytes, "it").Encode())
        {
            Newer = [Json("""{"version":2,"files":7}""")], WithMore = WithMember(Manifest().Encode()),
        },
        new("restored-node", 1, Restored(), AgainRestored)
        {
            Newer = [Json("""{"version":2,"whole":7}""")],
            WithMore = WithMember(Restored()),
            RefusesMore = true,
        },
    ];

    /// <summary>A JSON object, at the end of the bytes, with a member that nobody knows.</summary>
    internal static byte[] WithMember(byte[] bytes)
    {
        int end = Array.LastIndexOf(bytes, (byte)'}');
        return [.. bytes[..end], .. ",\"later\":{\"version\":9}}"u8];
    }

    internal static byte[] Changed(byte[] bytes, int at, byte value)
    {
        byte[] copy = [.. bytes];
        copy[at] = value;
        return copy;
    }

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Payload() => PayloadOf(BatchCodec.VersionCurrent);

    private static byte[] PayloadOf(byte version)
    {
        byte[] batches = BatchCodec.Encode(IngestRig.Parse(
            "m,t=a f=1.5,g=2i,h=t,s=\"x\",u=3u 1\nm,t=b f=2 2\nm s=\"å\" 3\nn,a=b,c=d v=1 4\n").Batches);
        batches[0] = version;
        return Pieces([batches, batches]);
    }

    private static byte[] Pieces(IReadOnlyList<byte[]> batches)
    {
        ReadOnlyMemory<byte>[] pieces = [.. batches.Select(b => (ReadOnlyMemory<byte>)b)];
        byte[] payload = new byte[WalPayload.LengthOf(pieces)];
        WalPayload.Write(payload, pieces);
        return payload;
    }

    private static byte[] Frame(byte[] payload)
    {
        byte[] frame = [.. new byte[WalFrame.HeaderLength], .. payload];
        WalFrame.Seal(frame, WalFile, new CommitSequence(9), new CommitSequence(7));
        return frame;
    }

    /// <summary>Bytes that begin with a whole frame, which says another version then.</summary>
    internal static byte[] InVersion(byte[] log, byte version)
    {
        byte[] bytes = [.. log];
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(32));
        bytes[4] = version;
        System.IO.Hashing.Crc32 crc = new();
        crc.Append(bytes.AsSpan(0, 36));
        crc.Append(bytes.AsSpan(WalFrame.HeaderLength, length));
        crc.GetCurrentHash(bytes.AsSpan(36, 4));
        return bytes;
    }

    private static byte[] AgainFrame(byte[] bytes)
    {
        Assert.True(WalFrame.TryDecode(bytes, WalFile, out WalFrame frame));
        Assert.Equal((9ul, 7ul), (frame.Sequence.Value, frame.Previous.Value));
        return Frame(Pieces(
        [
            .. WalPayload.Read(frame.Payload.ToArray())
                .Select(piece => BatchCodec.Encode(BatchCodec.Decode(piece))),
        ]));
    }

    private static Format Catalog()
    {
        byte[][] records = [.. CatalogTests.Examples.Select(CatalogCodec.Encode)];
        return new Format("edge-catalog", 1, Log(records), bytes =>
            Log([.. Records(bytes).Select(record => CatalogCodec.Encode(CatalogCodec.Decode(record)))]))
        {
            Newer =
            [
                Changed(Log(records), 7, (byte)'2'),
                Log([records[0], Json("""{"v":2,"kind":7}""")]),
                Log([records[0], Json("""{"v":1,"kind":"of tomorrow"}""")]),
            ],
            WithMore = Log([.. records.Select(WithMember)]),
        };
    }

    private static Format Replicas()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        ReplicaFile file = ReplicaCatalogFile(leaf);
        ReplicaRecord[] all =
        [
            new ReplicaRecord.Whole(new Epoch(3), [new ShardId(1), new ShardId(2)]),
            new ReplicaRecord.Stored(
            [
                file with { Run = new LeafRun(Hash(1), new Ordinal(1), [Hash(1)]), BytesLength = 900 },
                file with { Run = new LeafRun(Hash(2), new Ordinal(2), [Hash(2)]), BytesLength = 901 },
            ]),
            new ReplicaRecord.Merged(
                [file with { Run = new LeafRun(Hash(3), new Ordinal(1), [Hash(1), Hash(2)]) }]),
            new ReplicaRecord.Lost(leaf.Leaf with { Hash = Hash(4) }, "gone"),
        ];
        byte[][] records = [.. all.Select(ReplicaRecordCodec.Encode)];
        return new Format("cloud-catalog", 1, Log(records), bytes => Log(
            [.. Records(bytes).Select(r => ReplicaRecordCodec.Encode(ReplicaRecordCodec.Decode(r.Span)))]))
        {
            Newer = [Changed(Log(records), 7, (byte)'2'), Log([records[0], WireFormats.UnknownField])],
            WithMore = Log([.. records.Select(record => (byte[])[.. record, .. WireFormats.UnknownField])]),
        };
    }

    // What a node knows of files that it looked through for erased points, or wrote anew without them.
    private static Format Purged()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        ReplicaFile file = ReplicaCatalogFile(leaf);
        byte[][] records =
        [
            ReplicaRecordCodec.Encode(new ReplicaRecord.Stored(
                [file with { Run = new LeafRun(Hash(1), new Ordinal(1), [Hash(1)]) { PurgedTo = 4 } }])),
            ReplicaRecordCodec.Encode(new ReplicaRecord.Merged(
                [file with { Run = new LeafRun(Hash(2), new Ordinal(2), [Hash(3)]) { PurgedTo = 5 } }])),
        ];
        return new Format("purged-catalog", 1, Log(records), bytes => Log(
            [.. Records(bytes).Select(r => ReplicaRecordCodec.Encode(ReplicaRecordCodec.Decode(r.Span)))]));
    }

    private static ReplicaFile ReplicaCatalogFile(VerifiedLeaf leaf) => new()
    {
        Cell = leaf.Leaf.Cell,
        Incarnation = leaf.Leaf.Incarnation,
        Run = LeafRun.Of(leaf.Leaf),
        BytesLength = 5,
        Rows = 4,
        SeriesCount = 3,
        Range = new TimeRange(1, 2),
        Columns = ColumnSet.Of(leaf.Manifest),
    };

    private static ContentHash Hash(byte number) => ContentHash.Of([number]);

    private static byte[] Log(IEnumerable<byte[]> records) =>
        RecordLog.Image(RecordFile, records.Select(record => (ReadOnlyMemory<byte>)record));

    private static List<ReadOnlyMemory<byte>> Records(byte[] log)
    {
        List<ReadOnlyMemory<byte>> records = [];
        FaultyDisk disk = With(RecordLog.FirstPath("catalog"), log);
        RecordLog.Open(disk, "catalog", () => Other, record => records.Add(record.ToArray())).Dispose();
        return records;
    }

    private static FaultyDisk With(string path, byte[] bytes)
    {
        FaultyDisk disk = new(1);
        disk.PutBack(new Dictionary<string, byte[]> { [path] = bytes });
        return disk;
    }

    private static ClusterConfiguration Configuration() => Shipments.Founded(3, 2) with
    {
        Revision = 4,
        ClockNanoseconds = 5,
        Removed = [Other],
        Erasures = Erasures.None.With(new TableId("db", "t"), [new TagCondition("host", ["a", "b"])], -7),
    };

    private static ClusterConfiguration Final()
    {
        ClusterConfiguration plain = Configuration();
        return plain with { Erasures = plain.Erasures.MakeFinal(1) };
    }

    private static byte[] FinalErasure() => ClusterCodec.Encode(new ClusterCommand.MakeErasureFinal(7));

    // Only what older versions cannot say is written in the newest.
    private static ClusterConfiguration WithRule =>
        Configuration() with { ReplaceAfter = TimeSpan.FromMinutes(30) };

    private static ClusterCommand[] RuleKnown =>
    [
        new ClusterCommand.Found(WithRule),
        new ClusterCommand.SetReplaceAfter(TimeSpan.FromMinutes(30)),
        new ClusterCommand.SetReplaceAfter(null),
        new ClusterCommand.GiveUp(Other, new Epoch(7)),
    ];

    private static ClusterCommand[] CommandsKnown =>
    [
        new ClusterCommand.Found(Configuration()),
        new ClusterCommand.Admit(Shipments.Member(4)),
        new ClusterCommand.Remove(Other),
        new ClusterCommand.RegisterEdge(new EdgeId("E1"), new Incarnation(Other)),
        new ClusterCommand.SetDatabase(new DatabaseSettings("d", TimeSpan.FromDays(1), long.MinValue)),
        new ClusterCommand.CreateDatabase("e"),
        new ClusterCommand.SetRetention("d", "t", TimeSpan.FromDays(2), 77),
        new ClusterCommand.ForgetDatabase("d"),
        new ClusterCommand.AdvanceClock(99),
        new ClusterCommand.Erase("d", "t", [new TagCondition("host", ["a"])], 5),
        new ClusterCommand.LiftErasure(1),
        new ClusterCommand.Leave(Other),
        new ClusterCommand.Replace(Other, RecordFile, IsDead: true),
        new ClusterCommand.SetReplication(3, 2),
        new ClusterCommand.Arrive(new NodeId("C1"), Other, [new ShardArrival(new ShardId(1), new Epoch(2))]),
        new ClusterCommand.EndMoves([new ShardArrival(new ShardId(1), new Epoch(2))]),
    ];

    private static byte[] Commands() => Pieces([.. CommandsKnown.Select(ClusterCodec.Encode)]);

    private static byte[] AgainCommands(byte[] bytes) => Pieces(
    [
        .. WalPayload.Read(bytes).Select(piece =>
        {
            Assert.True(ClusterCodec.TryDecode(piece.Span, out ClusterCommand? command));
            return ClusterCodec.Encode(command!);
        }),
    ]);

    private static byte[] Voters() => new MemberSet([RecordFile, Other]).Bytes.ToArray();

    private static byte[] Membership()
    {
        FaultyDisk disk = new(1);
        new MembershipFiles(disk).Enter(new MembershipRecord
        {
            Version = MembershipRecord.VersionNow,
            Cluster = Shipments.Cluster,
            Members = Shipments.Founded(3, 2).Members,
        });
        return disk.Read("raft/membership.json").ToArray();
    }

    private static byte[] AgainMembership(byte[] bytes)
    {
        MembershipRecord record = new MembershipFiles(With("raft/membership.json", bytes)).Membership!;
        FaultyDisk disk = new(1);
        new MembershipFiles(disk).Enter(record);
        return disk.Read("raft/membership.json").ToArray();
    }

    private static byte[] Vote() => Voted(new FaultyDisk(1), _ => new FoundingVote
    {
        Promised = new FoundingBallot(2, Other), Accepted = new FoundingBallot(1, RecordFile),
    });

    private static byte[] AgainVote(byte[] bytes)
    {
        FoundingVote vote = new MembershipFiles(With("raft/vote.json", bytes)).Vote(known => known);
        return Voted(new FaultyDisk(1), _ => vote);
    }

    private static byte[] Voted(FaultyDisk disk, Func<FoundingVote, FoundingVote> change)
    {
        MembershipFiles files = new(disk);
        files.Vote(change);
        return disk.Read("raft/vote.json").ToArray();
    }

    private static BackupManifest Manifest() => new()
    {
        Kind = BackupKind.Edge,
        Id = "E1",
        TakenAt = DateTimeOffset.UnixEpoch,
        Files = [new BackupFile("segments/a", 3, ContentHash.Of("abc"u8).ToString())],
        Gaps = [new BackupGap("segments/b", "it is gone")],
    };

    private static byte[] Restored() => new RestoredNode
    {
        DirectoryId = Other,
        LogIndex = 17,
        Whole = [new ShardArrival(new ShardId(1), new Epoch(2))],
        Configuration = Configuration(),
    }.Encode();

    private static byte[] AgainRestored(byte[] bytes) =>
        RestoredNode.Read(With(RestoredNode.FileName, bytes))!.Encode();
}
