using System.Diagnostics;

namespace TsDb.Load.Queries;

/// <summary>How long each type of question took one target, from the request to the end of the
/// answer.</summary>
internal sealed class QueryTimes
{
    private readonly Dictionary<string, List<double>> _byType = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _cpuByType = new(StringComparer.Ordinal);

    // The runtime compiles what is called often anew, twice, beside what runs and not before it has a rest:
    // until then a third of a server's processor time is the compiler's. What is called once a question needs
    // more rounds than what is called for each row, and nodes that share a question are asked less each.
    // Servers that are compiled ahead lose nothing by it.
    private const int WarmUpRounds = 4;
    private const int WarmUpRoundsMax = 24;
    private const double CompilingStill = 0.02;
    private const int WarmUps = 32;
    private const double AtRest = 0.1;
    private static readonly TimeSpan WarmUpMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RestWithin = TimeSpan.FromSeconds(15);

    /// <summary>Seconds of processor time that the target's processes used; 0 where nobody asked.</summary>
    public double CpuSeconds => _cpuByType.Values.Sum();

    /// <summary>How many questions were asked with the clock.</summary>
    public int Count => _byType.Values.Sum(times => times.Count);

    /// <summary>Asks everything some times for the code to be warm, waits until the processes are at rest,
    /// then asks so often with the clock, one type after the other.</summary>
    /// <param name="target">Who is asked.</param>
    /// <param name="questions">What.</param>
    /// <param name="repetitions">How often each is asked with the clock.</param>
    /// <param name="processes">Whose processor time is counted.</param>
    public static async Task<QueryTimes> MeasureAsync(
        IQueryTarget target,
        IReadOnlyList<Question> questions,
        int repetitions,
        params int[] processes)
    {
        await WarmAsync(target, questions, processes);
        QueryTimes times = new();
        await times.AddAsync(target, questions, repetitions, processes);
        times.Sort();
        return times;
    }

    /// <summary>The same for several targets that are all there, some questions to the one, then to the next,
    /// so often: what else the machine does falls on all of them alike.</summary>
    /// <returns>The times of each target, turn by turn.</returns>
    public static async Task<IReadOnlyList<QueryTimes>[]> MeasureInTurnAsync(
        IReadOnlyList<(IQueryTarget Target, int[] Processes)> targets,
        IReadOnlyList<Question> questions,
        int repetitions,
        int turns)
    {
        foreach ((IQueryTarget target, int[] processes) in targets)
            await WarmAsync(target, questions, processes);
        List<QueryTimes>[] all = [.. targets.Select(_ => new List<QueryTimes>())];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < targets.Count; i++) all[i].Add(new QueryTimes());
            foreach (IGrouping<string, Question> type in questions.GroupBy(question => question.Type))
            {
                for (int i = 0; i < targets.Count; i++)
                    await all[i][turn].AddAsync(targets[i].Target, type, repetitions, targets[i].Processes);
            }
        }

        foreach (QueryTimes times in all.SelectMany(times => times)) times.Sort();
        return all;
    }

    /// <summary>All that several measurements of the same questions found.</summary>
    public static QueryTimes Of(IEnumerable<QueryTimes> parts)
    {
        QueryTimes sum = new();
        foreach (QueryTimes part in parts)
        {
            foreach ((string type, List<double> times) in part._byType)
                foreach (double time in times) sum.Add(type, time);
            foreach ((string type, double cpu) in part._cpuByType) sum.AddCpu(type, cpu);
        }

        sum.Sort();
        return sum;
    }

    /// <summary>The median of a type, in milliseconds; null if it was not asked.</summary>
    public double? Median(string type) =>
        _byType.TryGetValue(type, out List<double>? all) ? all[all.Count / 2] : null;

    /// <summary>Milliseconds of processor time that a question of a type took on the average.</summary>
    public double CpuMilliseconds(string type) =>
        _byType.TryGetValue(type, out List<double>? all) ? _cpuByType[type] * 1_000 / all.Count : 0;

    private static async Task WarmAsync(
        IQueryTarget target, IReadOnlyList<Question> questions, int[] processes)
    {
        bool isCompiling = true;
        for (int round = 0; round < WarmUpRounds || (isCompiling && round < WarmUpRoundsMax); round++)
        {
            double before = Cpu(processes);
            CompilerClock compiler = new(processes);
            foreach (IGrouping<string, Question> type in questions.GroupBy(question => question.Type))
                await WarmAsync(target, [.. type]);
            await RestAsync(processes);
            isCompiling = compiler.Elapsed() > CompilingStill * (Cpu(processes) - before);
        }

        if (isCompiling)
            Console.WriteLine($"  still compiling after {WarmUpRoundsMax} rounds: the figures include it");
    }

    private static async Task WarmAsync(IQueryTarget target, Question[] questions)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmUps && Stopwatch.GetElapsedTime(started) < WarmUpMax; i++)
            await target.AskAsync(questions[i % questions.Length]);
    }

    private async Task AddAsync(
        IQueryTarget target, IEnumerable<Question> questions, int repetitions, int[] processes)
    {
        foreach (IGrouping<string, Question> type in questions.GroupBy(question => question.Type))
        {
            double before = Cpu(processes);
            for (int i = 0; i < repetitions; i++)
            {
                foreach (Question question in type)
                {
                    long started = Stopwatch.GetTimestamp();
                    await target.AskAsync(question);
                    Add(type.Key, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }

            AddCpu(type.Key, Cpu(processes) - before);
        }
    }

    private static async Task RestAsync(int[] processes)
    {
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < RestWithin;)
        {
            double before = Cpu(processes);
            await Task.Delay(Glance, TimeProvider.System);
            if (Cpu(processes) - before < AtRest * Glance.TotalSeconds * processes.Length) return;
        }
    }

    private static double Cpu(int[] processes) => processes.Sum(ProcessClock.CpuOf);

    private void Sort()
    {
        foreach (List<double> all in _byType.Values) all.Sort();
    }

    private void AddCpu(string type, double seconds) =>
        _cpuByType[type] = _cpuByType.GetValueOrDefault(type) + seconds;

    private void Add(string type, double milliseconds)
    {
        if (!_byType.TryGetValue(type, out List<double>? all)) _byType[type] = all = [];
        all.Add(milliseconds);
    }
}
