using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Nouns of distributed queries to the messages of query.proto and back. Reading distrusts everything.
/// </summary>
internal static class QueryMessages
{
    private const int ShardsMax = 1 << 16;
    private const int ItemsMax = 1 << 20;
    private static readonly long HoldMsMax = (long)HeldMoments.TimeMax.TotalMilliseconds;

    // Plain rows have no schema of their own: what is made of them has that of the answer.
    private static readonly Apache.Arrow.Schema NoColumns = new([], null);

    /// <summary>The longest that a question may take.</summary>
    public static readonly TimeSpan DurationMax = TimeSpan.FromHours(1);

    public static CatalogMoment Moment(CatalogVersion version) => new()
    {
        Instance = NodeMessages.Bytes(version.Instance),
        Number = version.Number,
    };

    public static CatalogVersion Moment(CatalogMoment? moment) => moment is null
        ? throw NodeMessages.Wrong("a moment of a catalog is missing")
        : new CatalogVersion(NodeMessages.Id(moment.Instance, "an instance"), moment.Number);

    public static TableRef Ref(TableId table) => new() { Database = table.Database, Table = table.Table };

    public static TableId Ref(TableRef? table) => table is null
        ? throw NodeMessages.Wrong("a table is missing")
        : new TableId(table.Database, table.Table);

    public static CatalogRequest Request(CatalogQuestion question, ClusterId cluster)
    {
        CatalogRequest request = new()
        {
            ClusterId = NodeMessages.Bytes(cluster.Value),
            Lists = { question.Lists },
            ColumnsOnce = question.ColumnsOnce,
            PlainRows = true,
            HoldMs = (long)question.Hold.TotalMilliseconds,
            Fragment = question.Fragment is { } fragment ? Ticket(fragment, cluster) : null,
        };
        foreach (TableQuestion table in question.Tables)
        {
            CatalogRequest.Types.Question asked = new() { Database = table.Database, Table = table.Table };
            asked.Known.AddRange(table.Known.Select(k => new CatalogRequest.Types.Question.Types.Known
            {
                Table = Ref(k.Table),
                Moment = Moment(k.Version),
            }));
            request.Tables.Add(asked);
        }

        return request;
    }

    public static CatalogQuestion Question(CatalogRequest request)
    {
        RequireFew(request.Tables.Count + request.Lists.Count);
        return new CatalogQuestion(
            [.. request.Tables.Select(t => new TableQuestion(
                t.Database,
                t.Table,
                [.. t.Known.Select(k => new KnownTable(Ref(k.Table), Moment(k.Moment)))]))])
        {
            Lists = [.. request.Lists],
            ColumnsOnce = request.ColumnsOnce,
            Hold = TimeSpan.FromMilliseconds(Math.Clamp(request.HoldMs, 0, HoldMsMax)),
            Fragment = request.Fragment is null ? null : Request(request.Fragment),
        };
    }

    /// <summary>Throws unless a question may have so many items.</summary>
    public static void RequireFew(int count)
    {
        if (count > ItemsMax) throw NodeMessages.Wrong($"{count} items in one question");
    }

    /// <summary>An answer as a message.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="request">To what: it says what whoever asks can read.</param>
    public static CatalogReply Reply(CatalogAnswer answer, CatalogRequest request)
    {
        CatalogReply reply = new()
        {
            Moment = Moment(answer.Version), Erasures = answer.Erasures, Epoch = answer.Epoch.Value,
        };
        reply.Recovering.AddRange(answer.Recovering.Select(s => s.Value));
        reply.Databases.AddRange(answer.Databases);
        foreach (TableCatalog table in answer.Tables)
        {
            CatalogReply.Types.TableInfo info =
                new()
                {
                    Table = Ref(table.Table),
                    Since = Moment(table.Since),
                    SameColumns = table.Columns.IsDefault,
                };
            if (!table.Columns.IsDefault) info.Columns.AddRange(table.Columns.Select(Info));
            info.Cells.AddRange(table.Cells.Select(c => new CatalogReply.Types.CellInfo
            {
                Edge = c.Edge.Value,
                Day = c.Day.Number,
                Digest = NodeMessages.Name(c.Digest),
                StartNs = c.Range.StartNanoseconds,
                EndNs = c.Range.EndNanoseconds,
            }));
            reply.Tables.Add(info);
        }

        reply.Listed.AddRange(answer.Listed.Select(listed => new CatalogReply.Types.ListedInfo
        {
            Table = Ref(listed.Table),
            Columns = { listed.Columns.Select(Info) },
        }));
        if (answer.Early is { } early)
        {
            reply.Early = Early(early, request.PlainRows);
        }

        return reply;
    }

    public static CatalogAnswer Answer(CatalogReply reply) => new(
        Moment(reply.Moment),
        [.. reply.Recovering.Select(s => new ShardId(s))],
        [.. reply.Databases],
        [.. reply.Tables.Select(t => new TableCatalog(
            Ref(t.Table),
            Moment(t.Since),
            t.SameColumns ? default : [.. t.Columns.Select(Info)],
            [.. t.Cells.Select(c => new CellFact(
                new EdgeId(c.Edge),
                new Day(c.Day),
                NodeMessages.Digest(c.Digest),
                new TimeRange(c.StartNs, c.EndNs)))]))])
    {
        Erasures = reply.Erasures,
        Epoch = new Epoch(reply.Epoch),
        Listed = [.. reply.Listed.Select(l => new ListedTable(Ref(l.Table), [.. l.Columns.Select(Info)]))],
        Early = reply.Early is null ? null : Early(reply.Early),
    };

    private static Protos.EarlyRows Early(Query.Distributed.EarlyRows early, bool mayBePlain)
    {
        Protos.EarlyRows rows = new() { Moment = Moment(early.Version) };
        rows.IsPlain = mayBePlain && PlainColumns.TryWrite(early.Batches, rows.Batches);
        if (rows.IsPlain) return rows;
        rows.Batches.Clear();
        rows.Rows = ArrowBytes.Of(early.Schema, early.Batches);
        return rows;
    }

    private static Query.Distributed.EarlyRows Early(Protos.EarlyRows early)
    {
        if (early.IsPlain)
        {
            return new Query.Distributed.EarlyRows(
                Moment(early.Moment), NoColumns, PlainColumns.Read(early.Batches));
        }

        (Apache.Arrow.Schema schema, IReadOnlyList<Apache.Arrow.RecordBatch> batches) =
            ArrowBytes.Read(early.Rows);
        return new Query.Distributed.EarlyRows(Moment(early.Moment), schema, batches);
    }

    public static FragmentTicket Ticket(FragmentRequest request, ClusterId cluster)
    {
        PlannedFragment fragment = request.Fragment;
        FragmentTicket ticket = new()
        {
            ClusterId = NodeMessages.Bytes(cluster.Value),
            ResultName = fragment.ResultName,
            Sql = fragment.Sql,
            RelationName = fragment.RelationName,
            Table = Ref(fragment.Table.Table),
            StartNs = fragment.Scope.Range.StartNanoseconds,
            EndNs = fragment.Scope.Range.EndNanoseconds,
            ScopeEdges = Names(fragment.Scope.Edges?.Select(e => e.Value)),
            ScopeColumns = Names(fragment.Scope.Columns),
            ShardCount = request.ShardCount,
            AtLeast = Moment(request.AtLeast),
            Erasures = request.Erasures,
            ShortIntegers = fragment.ShortIntegers,
            MemoryBytesMax = request.Limits.MemoryBytesMax,
            DurationMsMax = (long)request.Limits.DurationMax.TotalMilliseconds,
        };
        ticket.Columns.AddRange(fragment.Table.Columns.Select(c => new FragmentTicket.Types.ResolvedColumnInfo
        {
            SqlName = c.SqlName,
            Name = c.Name,
            Role = (uint)c.Role,
            Type = (uint)c.Type,
            HasConflict = c.HasConflict,
        }));
        ticket.Shards.AddRange(request.Shards.Select(s => s.Value));
        ticket.Except.AddRange(request.Except.Select(NodeMessages.Name));
        ticket.Also.AddRange(request.Also.Select(NodeMessages.Name));
        ticket.Exactly.AddRange(request.Exactly.Select(state => new CellState
        {
            Cell = NodeMessages.Name(state.Cell),
            Digest = NodeMessages.Name(state.Digest),
        }));
        return ticket;
    }

    public static FragmentRequest Request(FragmentTicket ticket)
    {
        if (ticket.ShardCount is <= 0 or > ShardsMax) throw NodeMessages.Wrong("a cluster has shards");
        if (ticket.Shards.Any(s => s < 0 || s >= ticket.ShardCount))
            throw NodeMessages.Wrong("a fragment asks for a shard that the cluster has not");
        if (ticket.MemoryBytesMax <= 0 || ticket.DurationMsMax <= 0
            || ticket.DurationMsMax > DurationMax.TotalMilliseconds)
            throw NodeMessages.Wrong("a fragment's limits are above zero");
        return new FragmentRequest
        {
            Fragment = new PlannedFragment
            {
                ResultName = ticket.ResultName,
                Sql = ticket.Sql,
                RelationName = ticket.RelationName,
                TextRuns = ticket.TextRuns,
                ShortIntegers = ticket.ShortIntegers,
                Table = new ResolvedTable(Ref(ticket.Table), [.. ticket.Columns.Select(Column)]),
                Scope = new ScanScope(
                    new TimeRange(ticket.StartNs, ticket.EndNs),
                    ticket.ScopeEdges?.Name.Select(e => new EdgeId(e)).ToHashSet(),
                    ticket.ScopeColumns?.Name.ToHashSet(StringComparer.Ordinal)),
            },
            ShardCount = ticket.ShardCount,
            Shards = [.. ticket.Shards.Select(s => new ShardId(s))],
            Except = [.. ticket.Except.Select(NodeMessages.Cell)],
            Also = [.. ticket.Also.Select(NodeMessages.Cell)],
            AtLeast = Moment(ticket.AtLeast),
            Erasures = ticket.Erasures,
            Exactly = [.. ticket.Exactly.Select(state =>
                (NodeMessages.Cell(state.Cell), NodeMessages.Digest(state.Digest)))],
            Limits = new SqlLimits
            {
                MemoryBytesMax = ticket.MemoryBytesMax,
                DurationMax = TimeSpan.FromMilliseconds(ticket.DurationMsMax),
            },
        };
    }

    private static ColumnInfo Info(Column column) => new()
    {
        Name = column.Name,
        Role = (uint)column.Role,
        Type = (uint)column.Type,
    };

    private static Column Info(ColumnInfo column) =>
        new(column.Name, Role(column.Role), Known((FieldType)column.Type, "a type"));

    private static ResolvedColumn Column(FragmentTicket.Types.ResolvedColumnInfo c) => new(
        c.SqlName, c.Name, Role(c.Role), Known((ResolvedType)c.Type, "a resolved type"), c.HasConflict);

    private static FragmentTicket.Types.Names? Names(IEnumerable<string>? names) =>
        names is null
            ? null : new FragmentTicket.Types.Names { Name = { names.Order(StringComparer.Ordinal) } };

    internal static ColumnRole Role(uint number) => Known((ColumnRole)number, "a column's role");

    internal static T Known<T>(T value, string what)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw NodeMessages.Wrong($"{what} has the unknown number {value}");
}
