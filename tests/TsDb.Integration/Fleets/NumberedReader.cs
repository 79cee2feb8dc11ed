using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Model;

namespace TsDb.Integration.Fleets;

/// <summary>
/// Asks a node at <c>quorum</c> for the points of numbered writers, one question after the other: an answer
/// tells of nothing that was not written, and of no more points than there are up to the highest number.
/// </summary>
internal sealed class NumberedReader(TestFleet fleet, NodePlan node, NumberedWriter[] writers)
{
    private const string Question =
        "SELECT writer, count(*) AS points, max(v) AS top FROM load GROUP BY writer";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private int _answers;

    /// <summary>Answers that told of every writer.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>Asks until it is told to stop; a refusal is no answer, and is asked again.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                JsonElement[] rows = await fleet.AskAsync(node, Question, "quorum");
                foreach (JsonElement row in rows) Check(row);
                if (rows.Length == writers.Length) Interlocked.Increment(ref _answers);
            }
            catch (TsDbException e) when (
                e.Kind is ErrorKind.Unavailable or ErrorKind.Deadline or ErrorKind.NotFound)
            {
                // Refused for a trouble that the test makes, or before the first point came.
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private void Check(JsonElement row)
    {
        NumberedWriter writer = writers.Single(w => w.Name == row.GetProperty("writer").GetString());
        long top = row.GetProperty("top").GetInt64();
        Assert.InRange(row.GetProperty("points").GetInt64(), 1, top + 1);
        Assert.InRange(top, 0, writer.Acknowledged + writer.PointsPerRequest - 1);
    }
}
