using System.Globalization;
using System.Text;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Truth;
using TsDb.Storage.Ingest;

namespace TsDb.Simulation.Edges;

/// <summary>
/// Those who write to one edge: a few requests at a time, points often written again, late ones, parts of
/// their fields. What is not acknowledged they mostly send again, as it was, and sometimes give up.
/// </summary>
internal sealed class EdgeClient(World world, string name, PointTruth truth, Random chance, string hosts)
{
    /// <summary>A table that nobody writes from the beginning.</summary>
    public const string LateTable = "o";

    private const int RequestsMax = 3;
    private const int PointsMax = 12;
    private const int SecondsMax = 25;
    private const long Second = 1_000_000_000;
    private const long Midnight = 1_700_006_400 * Second;
    private static readonly string[] Tables = ["m", "n"];

    private readonly Queue<Request> _again = new();

    /// <summary>True once they write <see cref="LateTable"/>.</summary>
    public bool WritesLateTable { get; set; }

    /// <summary>True if somebody waits for an answer.</summary>
    public bool IsWaiting => _again.Count > 0;

    /// <summary>Sends what is due, and looks at the answers.</summary>
    public void Write(IngestPipeline ingest, Action commit)
    {
        List<(Request Request, Task<ParsedPoints> Answer)> sent = [];
        int count = world.IsWriting ? chance.Next(RequestsMax + 1) : _again.Count;
        for (int i = 0; i < count; i++)
        {
            Request request = _again.TryDequeue(out Request? repeated)
                ? repeated : new Request(NewPoints(), IsRepeat: false);
            IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V3 };
            byte[] body = Encoding.UTF8.GetBytes(string.Join('\n', request.Points.Select(LineOf)));
            sent.Add((request, ingest.WriteLinesAsync(body, rules, CancellationToken.None)));
        }

        // A request that met a schema it contradicts is read and queued once more.
        for (int i = 0; i <= RequestsMax && !sent.All(request => request.Answer.IsCompleted); i++) commit();
        foreach ((Request request, Task<ParsedPoints> answer) in sent) Look(request, answer);
    }

    /// <summary>Erases some of what clients write about now.</summary>
    public static ClusterCommand.Erase Erase(TimeSpan now, Random chance)
    {
        long before = Midnight + (((long)now.TotalSeconds - 40 + chance.Next(30)) * Second);
        string[] hosts =
            [.. Enumerable.Range(0, 4).Where(_ => chance.Next(2) == 0).Select(n => $"h{n}"), "x0"];
        return new ClusterCommand.Erase(
            "db", Tables[chance.Next(2)],
            chance.Next(8) == 0 ? [] : [new TagCondition("host", [.. hosts])], before);
    }

    private void Look(Request request, Task<ParsedPoints> answer)
    {
        List<Point> points = request.Points;
        if (!answer.IsCompleted) throw new SimulationException("the store is idle and has not answered");
        if (answer.IsCompletedSuccessfully)
        {
            if (answer.Result.RowCount != points.Count)
                throw new SimulationException($"a good line was refused: {answer.Result.Refusals[0]}");
            foreach (Point point in points)
                truth.Acknowledge(point.Key, point.Fields, point.Number, request.IsRepeat);
            Note("acknowledged", points);
            return;
        }

        if (answer.Exception!.InnerException is not TsDbException { Kind: ErrorKind.Unavailable })
            throw new SimulationException($"a write failed: {answer.Exception.InnerException}");

        Note("not acknowledged", points);

        // Order matters to whoever repeats: nothing newer of the same points may have gone before.
        if (chance.Next(4) > 0 && sentAlone(points)) _again.Enqueue(request with { IsRepeat = true });

        bool sentAlone(List<Point> again) => again.All(point => truth.IsNewest(point.Key, point.Number));
    }

    private void Note(string what, List<Point> points)
    {
        if (!world.Trace.IsRead) return;
        foreach (Point point in points)
        {
            world.Trace.Note($"{what} by {name}: {point.Number} {point.Fields} of {point.Key.Table} "
                + $"{point.Key.Host} {point.Key.Time / Second}");
        }
    }

    private List<Point> NewPoints()
    {
        List<Point> points = [];
        int count = 1 + chance.Next(PointsMax);
        for (int i = 0; i < count; i++)
        {
            Point point = new(RandomKey(), (Fields)(1 + chance.Next((int)Fields.All)), world.NextNumber());
            truth.Try(point.Key, point.Fields, point.Number);
            points.Add(point);
        }

        return points;
    }

    // Few keys around midnight, so that points are often written again, in two cells.
    private PointKey RandomKey()
    {
        long now = (long)(world.Time.Elapsed.TotalSeconds / 5) * 5;
        long late = chance.Next(8) == 0 ? 60 : 0;
        long time = Midnight + ((now - 30 - late + chance.Next(SecondsMax)) * Second);
        string table = WritesLateTable && chance.Next(4) == 0
            ? LateTable : Tables[chance.Next(3) == 0 ? 1 : 0];
        return new PointKey(table, $"{hosts}{chance.Next(4)}", time);
    }

    private string LineOf(Point point)
    {
        List<string> fields = [];
        if (point.Fields.HasFlag(Fields.V)) fields.Add($"v={point.Number}i");
        if (point.Fields.HasFlag(Fields.F)) fields.Add($"f={point.Number}.25");
        if (point.Fields.HasFlag(Fields.S)) fields.Add($"s=\"t{point.Number}{Ballast()}\"");
        string time = point.Key.Time.ToString(CultureInfo.InvariantCulture);
        return $"{point.Key.Table},host={point.Key.Host} {string.Join(',', fields)} {time}";
    }

    private string Ballast()
    {
        if (world.Plan.TextBytes == 0) return "";
        byte[] bytes = new byte[world.Plan.TextBytes];
        chance.NextBytes(bytes);
        return " " + Convert.ToBase64String(bytes).TrimEnd('=');
    }

    private sealed record Request(List<Point> Points, bool IsRepeat);

    private sealed record Point(PointKey Key, Fields Fields, long Number);
}
