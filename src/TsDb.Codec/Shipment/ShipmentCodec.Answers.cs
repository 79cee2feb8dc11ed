using System.Collections.Immutable;
using Google.Protobuf;
using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <content>What the cloud says, queries and presence.</content>
public static partial class ShipmentCodec
{
    /// <summary>Bytes of the retained description of the cluster.</summary>
    public static byte[] Encode(ClusterInfo info)
    {
        P.ClusterInfo wire = new()
        {
            Header = WireRules.From(new MessageHeader(info.Cluster, info.Epoch)),
            ShardCount = (uint)info.ShardCount,
            ReplicationFactor = (uint)info.ReplicationFactor,
            WriteQuorum = (uint)info.WriteQuorum,
            RowFormVersion = (uint)info.RowFormVersion,
            Revision = info.Revision,
            Erasures = info.Erasures.Number,
        };
        wire.Tombstones.AddRange(info.Erasures.Tombstones.Select(FromTombstone));
        wire.Databases.AddRange(info.Databases.Select(FromSettings));
        wire.Horizons.AddRange(
            info.Horizons.Select(h => new P.Horizon { Database = h.Key, BeforeNanoseconds = h.Value }));
        return wire.ToByteArray();
    }

    /// <summary>The retained description of the cluster.</summary>
    public static ClusterInfo DecodeClusterInfo(ReadOnlySpan<byte> bytes)
    {
        P.ClusterInfo wire = WireRules.Parse(P.ClusterInfo.Parser, bytes);
        MessageHeader header = WireRules.Header(wire.Header);
        WireRules.Require(
            wire.ShardCount is >= 1 and <= ShipmentLimits.ShardsMax,
            $"a cluster of {wire.ShardCount} shards");
        WireRules.Require(
            wire.ReplicationFactor is >= 1 and <= 255 && wire.WriteQuorum >= 1
                && wire.WriteQuorum <= wire.ReplicationFactor,
            $"replication {wire.ReplicationFactor} with write quorum {wire.WriteQuorum}");
        WireRules.RequireCount(wire.Horizons.Count, ShipmentLimits.ItemsMax, "horizons");
        ImmutableSortedDictionary<string, long>.Builder horizons =
            ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (P.Horizon horizon in wire.Horizons)
            horizons[WireRules.Name(horizon.Database, "a database")] = horizon.BeforeNanoseconds;
        return new ClusterInfo
        {
            Cluster = header.Cluster!.Value,
            Epoch = header.Epoch,
            ShardCount = (int)wire.ShardCount,
            ReplicationFactor = (int)wire.ReplicationFactor,
            WriteQuorum = (int)wire.WriteQuorum,
            RowFormVersion = (int)Math.Min(wire.RowFormVersion, int.MaxValue),
            Revision = wire.Revision,
            Databases = WireRules.All(
                wire.Databases, ShipmentLimits.ItemsMax, "databases", ToSettings),
            Erasures = ToErasures(wire),
            Horizons = horizons.ToImmutable(),
        };
    }

    private static P.DatabaseRule FromSettings(DatabaseSettings settings)
    {
        P.DatabaseRule rule = new()
        {
            Name = settings.Name,
            RetentionSeconds = FromRetention(settings.Retention),
            BeforeNanoseconds = settings.HorizonNanoseconds,
        };
        rule.Tables.AddRange(settings.Tables.Select(table => new P.TableRule
        {
            Name = table.Table,
            RetentionSeconds = FromRetention(table.Retention),
            BeforeNanoseconds = table.HorizonNanoseconds,
        }));
        return rule;
    }

    private static DatabaseSettings ToSettings(P.DatabaseRule rule) => new(
        WireRules.Name(rule.Name, "a database"), ToRetention(rule.RetentionSeconds), rule.BeforeNanoseconds)
    {
        Tables = WireRules.All(
            rule.Tables, ShipmentLimits.ItemsMax, "tables",
            table => new TableSettings(
                WireRules.Name(table.Name, "a table"), ToRetention(table.RetentionSeconds),
                table.BeforeNanoseconds)),
    };

    // A part of a second is nothing to whole days.
    private static long FromRetention(TimeSpan? kept) =>
        kept is { } time ? Math.Max(1, (long)time.TotalSeconds) : 0;

    private static TimeSpan? ToRetention(long seconds)
    {
        WireRules.Require(
            seconds >= 0 && seconds <= TimeSpan.MaxValue.TotalSeconds - 1, $"a retention of {seconds} s");
        return seconds == 0 ? null : TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Bytes of a node's answers to an edge.</summary>
    public static byte[] Encode(EdgeAnswers answers)
    {
        P.EdgeAnswers wire = new() { Header = WireRules.From(answers.Header), Node = answers.Node.Value };
        wire.Answers.AddRange(answers.Answers.Select(FromAnswer));
        return wire.ToByteArray();
    }

    /// <summary>A node's answers to an edge. Answers of kinds not known here are left out.</summary>
    public static EdgeAnswers DecodeEdgeAnswers(ReadOnlySpan<byte> bytes)
    {
        P.EdgeAnswers wire = WireRules.Parse(P.EdgeAnswers.Parser, bytes);
        WireRules.RequireCount(wire.Answers.Count, ShipmentLimits.ItemsMax, "answers");
        return new EdgeAnswers(
            WireRules.Header(wire.Header),
            WireRules.Node(wire.Node),
            [.. wire.Answers.Select(ToAnswer).OfType<EdgeAnswer>()]);
    }

    /// <summary>Bytes of a question to an edge.</summary>
    public static byte[] Encode(EdgeQuery query) => new P.EdgeQuery
    {
        Header = WireRules.From(query.Header),
        Node = query.Node.Value,
        QueryId = WireRules.From(query.QueryId),
        DeadlineMilliseconds = (uint)Math.Clamp(query.Deadline.TotalMilliseconds, 0, uint.MaxValue),
        Kind = (uint)query.Kind,
        Body = UnsafeByteOperations.UnsafeWrap(query.Body),
    }.ToByteArray();

    /// <summary>A question to an edge.</summary>
    public static EdgeQuery DecodeEdgeQuery(ReadOnlySpan<byte> bytes)
    {
        P.EdgeQuery wire = WireRules.Parse(P.EdgeQuery.Parser, bytes);
        WireRules.Require(wire.Kind <= int.MaxValue, $"query kind {wire.Kind}");
        return new EdgeQuery(
            WireRules.Header(wire.Header),
            WireRules.Node(wire.Node),
            WireRules.Uuid(wire.QueryId, "a query id"),
            TimeSpan.FromMilliseconds(wire.DeadlineMilliseconds),
            (int)wire.Kind,
            wire.Body.Memory);
    }

    /// <summary>Bytes of one part of an edge's reply.</summary>
    public static byte[] Encode(EdgeReply reply) => new P.EdgeReply
    {
        ProtocolVersion = ShipmentLimits.ProtocolVersion,
        Edge = reply.Edge.Value,
        QueryId = WireRules.From(reply.QueryId),
        Part = (uint)reply.Part,
        Last = reply.IsLast,
        Error = WireRules.Reason(reply.Error),
        Body = UnsafeByteOperations.UnsafeWrap(reply.Body),
    }.ToByteArray();

    /// <summary>One part of an edge's reply.</summary>
    public static EdgeReply DecodeEdgeReply(ReadOnlySpan<byte> bytes)
    {
        P.EdgeReply wire = WireRules.Parse(P.EdgeReply.Parser, bytes);
        WireRules.RequireVersion(wire.ProtocolVersion);
        WireRules.Require(wire.Part <= int.MaxValue, $"part {wire.Part}");
        return new EdgeReply(
            WireRules.Edge(wire.Edge),
            WireRules.Uuid(wire.QueryId, "a query id"),
            (int)wire.Part,
            wire.Last,
            WireRules.Reason(wire.Error),
            wire.Body.Memory);
    }

    /// <summary>Bytes of an edge's presence.</summary>
    public static byte[] Encode(Presence presence) => new P.Presence
    {
        ProtocolVersion = ShipmentLimits.ProtocolVersion,
        Edge = presence.Edge.Value,
        Instance = WireRules.From(presence.Instance),
        Online = presence.IsOnline,
    }.ToByteArray();

    /// <summary>An edge's presence.</summary>
    public static Presence DecodePresence(ReadOnlySpan<byte> bytes)
    {
        P.Presence wire = WireRules.Parse(P.Presence.Parser, bytes);
        WireRules.RequireVersion(wire.ProtocolVersion);
        return new Presence(
            WireRules.Edge(wire.Edge), WireRules.Uuid(wire.Instance, "an instance"), wire.Online);
    }

    private static P.EdgeAnswer FromAnswer(EdgeAnswer answer) => answer switch
    {
        EdgeAnswer.Hello hello => new P.EdgeAnswer
        {
            Hello = new P.HelloAnswer
            {
                Instance = WireRules.From(hello.Instance),
                Incarnation = WireRules.From(hello.Incarnation.Value),
                Verdict = (P.HelloVerdict)hello.Verdict,
                Reason = WireRules.Reason(hello.Reason),
                Divergence = hello.Divergence is { } divergence ? FromDivergence(divergence) : null,
            },
        },
        EdgeAnswer.Durable durable => new P.EdgeAnswer { Durable = WireRules.From(durable.Hash) },
        EdgeAnswer.Have have => new P.EdgeAnswer { Have = WireRules.From(have.Hash) },
        EdgeAnswer.Want want => new P.EdgeAnswer { Want = FromWant(want) },
        EdgeAnswer.Later later => new P.EdgeAnswer
        {
            Later = new P.Later
            {
                Seconds = (uint)Math.Clamp(
                    Math.Ceiling(later.Wait.TotalSeconds), 1, ShipmentLimits.LaterSecondsMax),
                Hash = later.Hash is { } hash ? WireRules.From(hash) : ByteString.Empty,
                Reason = WireRules.Reason(later.Reason),
            },
        },
        EdgeAnswer.Expired expired => new P.EdgeAnswer { Expired = WireRules.From(expired.Hash) },
        EdgeAnswer.Refuse refuse => new P.EdgeAnswer
        {
            Refuse = new P.Refuse
            {
                Hash = WireRules.From(refuse.Hash),
                Reason = WireRules.Reason(refuse.Reason),
                Fork = refuse.IsFork,
            },
        },
        EdgeAnswer.Missing missing => new P.EdgeAnswer { Missing = FromMissing(missing) },
        EdgeAnswer.LeavesWanted wanted => new P.EdgeAnswer
        {
            LeavesWanted = new P.LeavesWanted
            {
                Cell = WireRules.From(wanted.Cell),
                Incarnation = WireRules.From(wanted.Incarnation.Value),
            },
        },
        _ => throw new System.Diagnostics.UnreachableException(answer.ToString()),
    };

    private static P.Divergence FromDivergence(Divergence divergence) => new()
    {
        Cell = WireRules.From(divergence.Cell),
        First = divergence.First.Value,
        Unseen = divergence.Unseen.Value,
    };

    private static Divergence ToDivergence(P.Divergence wire)
    {
        WireRules.Require(
            wire.Unseen >= Ordinal.First.Value && wire.Unseen <= wire.First,
            $"a divergence at ordinal {wire.First}, unseen from {wire.Unseen} on");
        return new Divergence(
            WireRules.Cell(wire.Cell), new Ordinal(wire.First), new Ordinal(wire.Unseen));
    }

    private static P.Want FromWant(EdgeAnswer.Want want)
    {
        P.Want wire = new() { Hash = WireRules.From(want.Hash), Form = (P.TransferForm)want.Form };
        wire.Ranges.AddRange(
            want.Ranges.Select(r => new P.WantRange { Offset = r.Offset, Length = r.Length }));
        return wire;
    }

    private static P.Missing FromMissing(EdgeAnswer.Missing missing)
    {
        P.Missing wire = new();
        wire.Hashes.AddRange(missing.Hashes.Select(WireRules.From));
        return wire;
    }

    private static EdgeAnswer? ToAnswer(P.EdgeAnswer wire) => wire.BodyCase switch
    {
        P.EdgeAnswer.BodyOneofCase.Hello => new EdgeAnswer.Hello(
            WireRules.Uuid(wire.Hello.Instance, "an instance"),
            WireRules.IncarnationOf(wire.Hello.Incarnation),
            Verdict(wire.Hello.Verdict),
            WireRules.Reason(wire.Hello.Reason))
        {
            Divergence = wire.Hello.Divergence is { } divergence ? ToDivergence(divergence) : null,
        },
        P.EdgeAnswer.BodyOneofCase.Durable => new EdgeAnswer.Durable(WireRules.Hash(wire.Durable)),
        P.EdgeAnswer.BodyOneofCase.Have => new EdgeAnswer.Have(WireRules.Hash(wire.Have)),
        P.EdgeAnswer.BodyOneofCase.Want => new EdgeAnswer.Want(
            WireRules.Hash(wire.Want.Hash),
            WireRules.Form(wire.Want.Form),
            WireRules.All(wire.Want.Ranges, ShipmentLimits.RangesMax, "ranges", ToRange)),
        P.EdgeAnswer.BodyOneofCase.Later => ToLater(wire.Later),
        P.EdgeAnswer.BodyOneofCase.Expired => new EdgeAnswer.Expired(WireRules.Hash(wire.Expired)),
        P.EdgeAnswer.BodyOneofCase.Refuse =>
            new EdgeAnswer.Refuse(
                WireRules.Hash(wire.Refuse.Hash), WireRules.Reason(wire.Refuse.Reason), wire.Refuse.Fork),
        P.EdgeAnswer.BodyOneofCase.Missing => new EdgeAnswer.Missing(
            WireRules.All(wire.Missing.Hashes, ShipmentLimits.ItemsMax, "hashes", WireRules.Hash)),
        P.EdgeAnswer.BodyOneofCase.LeavesWanted => new EdgeAnswer.LeavesWanted(
            WireRules.Cell(wire.LeavesWanted.Cell), WireRules.IncarnationOf(wire.LeavesWanted.Incarnation)),
        _ => null,
    };

    private static HelloVerdict Verdict(P.HelloVerdict verdict) => verdict switch
    {
        P.HelloVerdict.Registered => HelloVerdict.Registered,
        P.HelloVerdict.Refused => HelloVerdict.Refused,
        P.HelloVerdict.TakeNewIncarnation => HelloVerdict.TakeNewIncarnation,
        _ => throw WireRules.Invalid($"hello verdict {(int)verdict} is not known"),
    };

    private static WantRange ToRange(P.WantRange wire)
    {
        WireRules.Require(
            wire.Offset >= 0 && wire.Length > 0 && wire.Length <= ShipmentLimits.ShipmentBytesMax
            && wire.Offset <= ShipmentLimits.ShipmentBytesMax - wire.Length,
            $"a range of {wire.Length} bytes at {wire.Offset}");
        return new WantRange(wire.Offset, wire.Length);
    }

    private static EdgeAnswer.Later ToLater(P.Later wire)
    {
        WireRules.Require(
            wire.Seconds is >= 1 and <= ShipmentLimits.LaterSecondsMax, $"later in {wire.Seconds} seconds");
        return new EdgeAnswer.Later(
            TimeSpan.FromSeconds(wire.Seconds),
            wire.Hash.IsEmpty ? null : WireRules.Hash(wire.Hash),
            WireRules.Reason(wire.Reason));
    }
}
