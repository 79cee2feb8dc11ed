using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Simulation.Edges;
using TsDb.Simulation.Nodes;
using TsDb.Simulation.Queries;
using TsDb.Simulation.Truth;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// Asks the cluster while everything goes on. An answer may be an error, or name what it lacks; one that
/// calls itself complete holds everything that was durable before it was asked, each point once.
/// </summary>
internal sealed class QueryClient(World world)
{
    private const string Rows = "SELECT edge, host, time, v, f, s FROM ";
    private const string Groups = "SELECT edge, count(*) AS n, sum(v) AS t, max(v) AS hi FROM ";

    private readonly Dictionary<(string Table, string Edge), PointSet> _last = [];
    private string _refusal = "none at all";

    private Random Chance => world.Chance;

    /// <summary>Answers that called themselves complete.</summary>
    public int CompleteCount { get; private set; }

    /// <summary>Asks now and then while the storm lasts.</summary>
    public void Start() => world.Time.After(world.Plan.QueryEvery * (2 * Chance.NextDouble()), () =>
    {
        if (!world.IsStorm) return;
        AskAt(world.Nodes[Chance.Next(world.Nodes.Count)]);
        Start();
    });

    /// <summary>Asks a node something.</summary>
    public void AskAt(SimulatedNode node)
    {
        string table = Chance.Next(4) == 0 ? "n" : "m";
        string? edge = Chance.Next(3) == 0 ? world.Edges[Chance.Next(world.Edges.Count)].Name : null;
        bool isGrouped = Chance.Next(4) == 0;
        Consistency consistency = Chance.Next(5) == 0 ? Consistency.All : Consistency.Quorum;
        bool allowsPartial = Chance.Next(3) == 0;
        bool isFresh = Chance.Next(3) == 0;
        Ask(node, new Question(table, edge, isGrouped, consistency, allowsPartial) { IsFresh = isFresh });
    }

    /// <summary>Asks a node for a table as it is at the edges now.</summary>
    public void AskFresh(SimulatedNode node, string table) => Ask(
        node,
        new Question(table, null, IsGrouped: false, Consistency.Quorum, AllowsPartial: false)
        {
            IsFresh = true,
        });

    private void Ask(SimulatedNode node, Question question)
    {
        if (node.IsReady) node.Program?.Run(() => _ = AskAsync(node, question));
    }

    /// <summary>Asks every node for everything, now that all is in place.</summary>
    public void AskAll()
    {
        int asked = 0;
        int answered = 0;
        Question[] questions =
        [
            new Question("m", null, false, Consistency.All, false) { IsLast = true },
            new Question("n", null, false, Consistency.Quorum, false) { IsLast = true },
            new Question("m", null, true, Consistency.Quorum, false) { IsLast = true },
            new Question("n", null, true, Consistency.All, false) { IsLast = true },
            .. Late().Where(_ => world.Plan.MakesTable),

            // One that came back from an old copy does not know all that the cloud has of it.
            .. world.Edges.Where(edge => !edge.Truth.HasRegressed).Select(
                edge => new Question("m", edge.Name, false, Consistency.Quorum, false)
                {
                    IsLast = true,
                    IsFresh = true,
                }),
        ];
        foreach (Question question in questions)
        {
            foreach (SimulatedNode node in world.Nodes)
            {
                asked++;
                node.Program!.Run(() => _ = CountedAsync(node, question));
            }

            world.Until(world.Time.Elapsed + TimeSpan.FromSeconds(10));
        }

        if (answered < asked)
        {
            throw new SimulationException(
                $"{asked - answered} of {asked} last questions have no complete answer: {_refusal}");
        }

        static IEnumerable<Question> Late() =>
            [new Question(EdgeClient.LateTable, null, false, Consistency.Quorum, false) { IsLast = true }];

        async Task CountedAsync(SimulatedNode node, Question question)
        {
            try
            {
                if (await AskAsync(node, question)) answered++;
            }
            catch (Exception e) when (e is not SimulationException)
            {
                // Nobody waits for this task: what it meets would be lost.
                throw world.Fail($"{node.Name} asked {question.Sql}: {e}");
            }
        }
    }

    private async Task<bool> AskAsync(SimulatedNode node, Question question)
    {
        world.Trace.Add($"? {node.Name} is asked {question}");
        long known = node.Raft?.Current?.Erasures.Number ?? 0;
        Dictionary<EdgeId, Dictionary<PointKey, PointValue>> durable =
            world.Edges.ToDictionary(edge => edge.Id, edge => Before(edge, question));
        Dictionary<EdgeId, Dictionary<PointKey, long[]>> acknowledged = Acknowledged(node, question);
        QueryAnswer answer;
        try
        {
            answer = await node.Coordinator.QueryAsync(
                new QueryRequest
                {
                    Sql = question.Sql,
                    Database = "db",
                    Consistency = question.Consistency,
                    AllowPartial = question.AllowsPartial,
                    Fresh = question.IsFresh,
                },
                CancellationToken.None);
        }
        catch (TsDbException refusal) when (refusal.Kind is ErrorKind.Unavailable or ErrorKind.Deadline)
        {
            _refusal = $"{node.Name} refuses: {refusal.Message}";
            world.Trace.Add($"? {_refusal}");
            return false;
        }
        catch (TsDbException unknown) when (unknown.Kind == ErrorKind.NotFound)
        {
            world.Trace.Add($"? {node.Name} knows no such table");
            if (durable.Values.Any(points => points.Count > 0))
                throw world.Fail($"{node.Name} does not know {question.Table}, which has durable points");
            if (!question.AllowsPartial && acknowledged.Values.Any(points => points.Count > 0))
                throw world.Fail($"{node.Name} does not know {question.Table}, of which an edge has points");
            return question.IsLast;
        }
        catch (TsDbException other)
        {
            throw world.Fail($"{node.Name} cannot answer {question.Sql}: {other}");
        }

        RowsAtHand rows = await RowsAtHand.ReadAsync(answer.Result);
        world.Trace.Add($"? {node.Name} answers {answer.Coverage.ToJson()}");
        if (!answer.Coverage.Complete)
        {
            JudgePartial(node, question, rows, known);
            return false;
        }

        CompleteCount++;
        SimulationException? wrong = null;
        foreach (PointFilter mask in Masks(known))
        {
            try
            {
                Judge(node, question, rows, durable, acknowledged, mask);
                return true;
            }
            catch (SimulationException e)
            {
                wrong ??= e;
            }
        }

        IEnumerable<string> history = wrong!.Key is not { } key ? []
            : world.Edges.SelectMany(edge => world.Durable.HistoryOf(edge.Id, key));
        throw world.Fail(string.Join('\n', history.Prepend(wrong.Message)));
    }

    private void JudgePartial(SimulatedNode node, Question question, RowsAtHand rows, long known)
    {
        if (!question.IsGrouped && Masks(known).All(mask => Erased(question, rows, mask).Any()))
            throw world.Fail($"{node.Name}: a partial answer to {question.Sql} has erased points");
        if (!question.AllowsPartial)
            throw world.Fail($"{node.Name}: a partial answer that nobody allowed");
    }

    // An answer is of one state of the erasures: what its node knew when it was asked, or a later one.
    private IEnumerable<PointFilter> Masks(long known)
    {
        Erasures erasures = world.Raft.Latest!.Erasures;
        for (long number = known; number <= erasures.Number; number++)
            yield return new PointFilter(erasures, number);
    }

    private static IEnumerable<PointKey> Erased(Question question, RowsAtHand rows, PointFilter mask) =>
        rows.Rows().Select(row => new PointKey(question.Table, (string)row[1]!, (long)row[2]!))
            .Where(key => !mask.Shows(key));

    private Dictionary<PointKey, PointValue> Before(SimulatedEdge edge, Question question) =>
        question.Edge is not null && question.Edge != edge.Name
            ? new Dictionary<PointKey, PointValue>()
            : world.Durable.PointsOf(edge.Id).Where(p => p.Key.Table == question.Table).ToDictionary();

    // What a fresh answer must hold, for the edges that the node has heard of.
    private Dictionary<EdgeId, Dictionary<PointKey, long[]>> Acknowledged(
        SimulatedNode node, Question question) => !question.IsFresh ? [] : world.Edges
        .Where(edge => !edge.Truth.HasRegressed && (question.Edge is null || question.Edge == edge.Name)
            && node.Raft!.Current?.Edges.ContainsKey(edge.Id) == true)
        .ToDictionary(edge => edge.Id, edge => edge.Truth.Acknowledged(question.Table));

    private void Judge(
        SimulatedNode node,
        Question question,
        RowsAtHand rows,
        Dictionary<EdgeId, Dictionary<PointKey, PointValue>> durable,
        Dictionary<EdgeId, Dictionary<PointKey, long[]>> acknowledged,
        PointFilter mask)
    {
        if (!question.IsGrouped && Erased(question, rows, mask).Any())
        {
            throw new SimulationException(
                $"{question.Sql} at {node.Name}: {Erased(question, rows, mask).First()} is erased");
        }

        foreach (SimulatedEdge edge in world.Edges)
        {
            if (question.Edge is { } one && one != edge.Name) continue;
            IEnumerable<object?[]> own = rows.Rows().Where(row => (string?)row[0] == edge.Name);
            string where = $"{question.Sql} at {node.Name}, edge {edge.Name}";
            Dictionary<PointKey, PointValue> sure = mask.Of(durable[edge.Id]);
            if (question.IsGrouped)
            {
                JudgeGroup(own.FirstOrDefault(), edge, question, sure, mask, where);
                Dictionary<PointKey, long[]> least = mask.Of(acknowledged.GetValueOrDefault(edge.Id) ?? []);
                if (!edge.Truth.HasRegressed && least.Count > CountOf(own.FirstOrDefault()))
                {
                    throw new SimulationException(
                        $"{where}: {CountOf(own.FirstOrDefault())} points, and the edge had {least.Count}");
                }

                continue;
            }

            PointSet set = SetOf(question.Table, own);
            edge.Truth.CheckAnswer(set, sure, where);
            if (acknowledged.TryGetValue(edge.Id, out Dictionary<PointKey, long[]>? before)
                && !edge.Truth.HasRegressed)
                edge.Truth.CheckMoment(set, question.Table, before, mask, where);
            if (!question.IsLast) continue;
            _last[(question.Table, edge.Name)] = set;
            edge.Truth.CheckTable(question.Table, set, mask, where);
        }
    }

    private void JudgeGroup(
        object?[]? row,
        SimulatedEdge edge,
        Question question,
        Dictionary<PointKey, PointValue> durable,
        PointFilter mask,
        string where)
    {
        long count = CountOf(row);
        int written = edge.Truth.Count(question.Table, mask);
        if (count < durable.Count || count > written)
        {
            throw new SimulationException(
                $"{where}: {count} points are counted, {durable.Count} were durable, {written} written");
        }

        if (!question.IsLast || !_last.TryGetValue((question.Table, edge.Name), out PointSet? set)) return;
        IReadOnlyDictionary<PointKey, PointValue> points = set.Points;
        bool isSame = row is null ? points.Count == 0
            : count == points.Count && (long?)row[2] == Sum(points) && (long?)row[3] == Max(points);
        if (isSame) return;
        throw new SimulationException(
            $"{where}: {string.Join(' ', row ?? [])} is not count {points.Count}, sum {Sum(points)}, "
            + $"max {Max(points)}");
    }

    private static long CountOf(object?[]? row) => row is null ? 0 : (long)row[1]!;

    private static long? Sum(IReadOnlyDictionary<PointKey, PointValue> points) =>
        points.Values.Any(p => p.V != 0) ? points.Values.Sum(p => p.V) : null;

    private static long? Max(IReadOnlyDictionary<PointKey, PointValue> points) =>
        points.Values.Any(p => p.V != 0) ? points.Values.Max(p => p.V) : null;

    private static PointSet SetOf(string table, IEnumerable<object?[]> rows)
    {
        PointSet set = new();
        foreach (object?[] row in rows)
        {
            PointValue value = new(
                PointSet.NumberOf(row[3]), PointSet.NumberOf(row[4]), PointSet.NumberOf(row[5]));
            set.Add(new PointKey(table, (string)row[1]!, (long)row[2]!), value);
        }

        return set;
    }

    private sealed record Question(
        string Table, string? Edge, bool IsGrouped, Consistency Consistency, bool AllowsPartial)
    {
        /// <summary>True if edges are asked as well.</summary>
        public bool IsFresh { get; init; }

        /// <summary>True once everything is in place: then all that was acknowledged is wanted.</summary>
        public bool IsLast { get; init; }

        public string Sql => (IsGrouped ? Groups : Rows) + Table + " AS points"
            + (Edge is null ? "" : $" WHERE edge = '{Edge}'") + (IsGrouped ? " GROUP BY edge" : "");
    }
}
