using System.Text;
using TsDb.Codec;
using TsDb.Codec.Replica;
using TsDb.Codec.Shipment;
using TsDb.Codec.Wal;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Backup;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ingest;
using TsDb.Storage.Rehearsal;
using TsDb.Tests.Replication.Receiving;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Fuzz;

/// <summary>What lies on disk and what comes over MQTT: logs, catalogs, manifests, messages.</summary>
internal static class CodecFuzz
{
    private static readonly WalFileId WalFile = new(0x1122334455667788);
    private static readonly Guid RecordFile = new(1, 2, 3, new byte[8]);
    private static readonly VerifiedLeafData Leaf = VerifiedLeafData.Make();

    private static readonly byte[][] JsonWords =
    [
        .. new[]
        {
            "{", "}", "[", "]", "null", "-1", "1e99", "\"\"", "true", "\\ud800", "9999999999999999999",
            "\"v\":2",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] ProtoWords =
    [
        [0x08], [0x0A], [0x12], [0x80, 0x80, 0x80, 0x80, 0x08], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0x0A, 0x80, 0x80, 0x01],
    ];

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("log-file", WalLogs(), Orderly(ReadLog)) { Weight = 3 },
        new("log-payload", [BatchPayload()], ReadPayload) { Weight = 4 },
        new("manifest", [ManifestCodec.Encode(Leaf.Manifest)], Orderly(b => ManifestCodec.Decode(b)))
        {
            Words = JsonWords, Weight = 2,
        },
        new("catalog", CatalogRecords(), Orderly(bytes => CatalogCodec.Decode(bytes)))
        {
            Words = JsonWords, Weight = 2,
        },
        new("replica-record", ReplicaRecords(), Orderly(bytes => ReplicaRecordCodec.Decode(bytes)))
        {
            Words = ProtoWords, Weight = 2,
        },
        new("record-frame", [RecordFrame.Encode(RecordFile, 7, "payload"u8)], bytes =>
        {
            if (RecordFrame.TryDecode(bytes, RecordFile, 7, out ReadOnlyMemory<byte> payload))
                Assert.Equal("payload"u8.ToArray(), payload.ToArray());
        }),
        new("cluster-command", ClusterCommands(), Orderly(
            bytes => ClusterCodec.TryDecode(bytes, out _))) { Words = JsonWords, Weight = 2 },
        new("backup-manifest", [Manifest().Encode()], Orderly(b => BackupManifest.Decode(b, "a file")))
        {
            Words = JsonWords,
        },
        new("backup-stream", [BackupStream()], Orderly(TakeBackup)),
        new("shipment", Messages(), Decode) { Words = ProtoWords, Weight = 6 },
        new("topic", [.. Topics()], ParseTopic)
        {
            Words = [.. new[] { "/", "+", "#", "64", "-1", "hello/" }.Select(Encoding.UTF8.GetBytes)],
        },
    ];

    /// <summary>Taken, or refused with a kind that says what to do.</summary>
    private static Action<byte[]> Orderly(Action<byte[]> decode) => bytes =>
    {
        try
        {
            decode(bytes);
        }
        catch (TsDbException error)
            when (error.Kind is ErrorKind.Corrupt or ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            Assert.True(error.Message.Length > 0);
        }
    };

    private static BackupManifest Manifest() => new()
    {
        Kind = BackupKind.Edge,
        Id = "E1",
        TakenAt = DateTimeOffset.UnixEpoch,
        Files = [new BackupFile("segments/a", 3, ContentHash.Of("abc"u8).ToString())],
        Gaps = [new BackupGap("segments/b", "it is gone")],
    };

    private static byte[] BackupStream()
    {
        MemoryDisk disk = new();
        using BackupImage image = new(BackupKind.Edge, "E1", disk, new MemoryStream())
        {
            Items = [BackupItem.Of("segments/a", "abc"u8.ToArray()), BackupItem.Of("node.json", new byte[9])],
        };
        using MemoryStream stream = new();
        BackupTransfer.SendAsync(
            image, new Dictionary<string, BackupFile>(), stream, TimeProvider.System, default).GetAwaiter()
                .GetResult();
        return stream.ToArray();
    }

    private static void TakeBackup(byte[] bytes)
    {
        BackupFolder folder = BackupFolder.Open(new MemoryDisk());
        try
        {
            BackupTransfer.ReceiveAsync(new MemoryStream(bytes), folder, default).GetAwaiter().GetResult();
            Assert.NotNull(folder.Manifest);
        }
        catch (TsDbException early) when (early.Kind == ErrorKind.Unavailable)
        {
            Assert.Null(folder.Manifest);
        }
    }

    private static byte[] BatchPayload()
    {
        ParsedPoints parsed = IngestRig.Parse(
            "m,t=a f=1,g=2i,h=t,s=\"x\",u=3u 1\nm,t=b f=2 2\nm s=\"yz\" 3\nn,a=b,c=d v=1 4\n"
                + "m,t=a f=3,s=\"\" 5");
        byte[] batches = BatchCodec.Encode(parsed.Batches);
        byte[][] pieces = [batches, batches];
        byte[] payload = new byte[WalPayload.LengthOf(pieces.Select(Memory))];
        WalPayload.Write(payload, pieces.Select(Memory));
        return payload;

        static ReadOnlyMemory<byte> Memory(byte[] piece) => piece;
    }

    /// <summary>
    /// Bytes whose checksums are right all the same: an Arrow reader follows what it is told blindly.
    /// </summary>
    private static void ReadPayload(byte[] payload) => Orderly(bytes =>
    {
        foreach (ReadOnlyMemory<byte> piece in WalPayload.Read(bytes))
        {
            foreach (TableBatch batch in BatchCodec.Decode(piece))
                Assert.Equal(batch.RowCount, Columnar.ModelBatches.Read(batch).Count);
        }
    })(payload);

    private static byte[][] WalLogs()
    {
        byte[] one = Frame(1, 0, 40);
        byte[] log = [.. one, .. Frame(2, 1, 3), .. Frame(4, 2, 300), .. Frame(5, 4, 0)];
        return [one, log];
    }

    private static byte[] Frame(ulong sequence, ulong previous, int length)
    {
        byte[] frame = new byte[WalFrame.HeaderLength + length];
        for (int i = 0; i < length; i++) frame[WalFrame.HeaderLength + i] = (byte)(i * 7);
        WalFrame.Seal(frame, WalFile, new CommitSequence(sequence), new CommitSequence(previous));
        return frame;
    }

    /// <summary>Every frame that is found lies in the bytes, wherever a reader starts.</summary>
    private static void ReadLog(byte[] log)
    {
        for (int at = 0; at < log.Length;)
        {
            if (!WalFrame.TryDecode(log.AsSpan(at), WalFile, out WalFrame frame))
            {
                int next = log.AsSpan(at + 1).IndexOf(WalFrame.Magic);
                if (next < 0) return;
                at += next + 1;
                continue;
            }

            at += WalFrame.HeaderLength + frame.Payload.Length;
            Assert.True(at <= log.Length);
        }
    }

    private static byte[][] CatalogRecords() =>
        [.. Storage.CatalogTests.Examples.Select(CatalogCodec.Encode)];

    private static byte[][] ReplicaRecords()
    {
        ReplicaFile leaf = new()
        {
            Cell = Leaf.Leaf.Cell,
            Incarnation = Leaf.Leaf.Incarnation,
            Run = LeafRun.Of(Leaf.Leaf),
            BytesLength = 5,
            Rows = 4,
            SeriesCount = 3,
            Range = new TimeRange(1, 2),
            Columns = new ColumnSet(
                Leaf.Manifest.Tags, Leaf.Manifest.Fields, Leaf.Manifest.NamesInFile,
                Leaf.Manifest.DecimalScales),
        };
        ReplicaRecord[] records =
        [
            new ReplicaRecord.Stored([leaf, leaf]),
            new ReplicaRecord.Merged(
                [leaf with { Run = new LeafRun(Leaf.Leaf.Hash, new Ordinal(9), [default, Leaf.Leaf.Hash]) }]),
            new ReplicaRecord.Merged(
                [
                    leaf with
                    {
                        Run = new LeafRun(default, new Ordinal(9), [Leaf.Leaf.Hash]) { PurgedTo = 4 },
                    },
                ]),
            new ReplicaRecord.Lost(Leaf.Leaf, "gone"),
            new ReplicaRecord.Whole(new Epoch(3), [new ShardId(1), new ShardId(2)]),
        ];
        return [.. records.Select(ReplicaRecordCodec.Encode)];
    }

    private static byte[][] ClusterCommands()
    {
        ClusterCommand[] commands =
        [
            new ClusterCommand.Found(Shipments.Founded(3, 2)),
            new ClusterCommand.Remove(RecordFile),
            new ClusterCommand.RegisterEdge(new EdgeId("E1"), new Incarnation(RecordFile)),
            new ClusterCommand.MakeErasureFinal(3),
            new ClusterCommand.SetDatabase(new DatabaseSettings("d", TimeSpan.FromDays(1), long.MinValue)),
        ];
        return [.. commands.Select(ClusterCodec.Encode)];
    }

    private static byte[][] Messages() => Codec.Shipment.ShipmentCodecTests.Examples;

    /// <summary>
    /// Every decoder gets every message: whoever may publish may publish anything anywhere.
    /// </summary>
    private static void Decode(byte[] bytes)
    {
        Orderly(b => ShipmentCodec.DecodeEdgeControl(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeOffer(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeChunk(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeClusterInfo(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeEdgeAnswers(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeEdgeQuery(b))(bytes);
        Orderly(b => ShipmentCodec.DecodeEdgeReply(b))(bytes);
        Orderly(b => ShipmentCodec.DecodePresence(b))(bytes);
    }

    /// <summary>A topic that is taken is one of ours with an edge or a node in it.</summary>
    private static void ParseTopic(byte[] bytes)
    {
        string topic = Encoding.UTF8.GetString(bytes);
        if (new ShipmentTopics("default").TryParse(topic, out _))
            Assert.StartsWith("tsdb/v1/default/", topic, StringComparison.Ordinal);
    }

    private static IEnumerable<byte[]> Topics()
    {
        ShipmentTopics topics = new("default");
        EdgeId edge = new("E1");
        string[] names =
        [
            topics.Cluster, topics.Hello(edge), topics.Offer(new ShardId(3), edge),
            topics.Chunk(new ShardId(3), edge), topics.Ack(edge), topics.Query(edge), topics.Presence(edge),
        ];
        return names.Select(Encoding.UTF8.GetBytes);
    }

    /// <summary>A leaf with its manifest.</summary>
    private sealed record VerifiedLeafData(Leaf Leaf, SegmentManifest Manifest)
    {
        public static VerifiedLeafData Make()
        {
            var made = Shipments.Make(1);
            return new VerifiedLeafData(made.Leaf, made.Manifest);
        }
    }
}
