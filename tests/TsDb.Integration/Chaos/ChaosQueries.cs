using System.Collections.Concurrent;
using TsDb.Cli.Demo;
using TsDb.Model;

namespace TsDb.Integration.Chaos;

/// <summary>Asks one question again and again, of one node after the other, and checks the answers.</summary>
internal sealed class ChaosQueries(ChaosStorm storm, string consistency, long known)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _clock = TimeProvider.System;
    private long _answers;
    private long _refusals;
    private TimeSpan _longest;

    /// <summary>Answers that were not what they had to be.</summary>
    public ConcurrentBag<string> Wrong { get; } = [];

    /// <summary>The figures, for people.</summary>
    public string Report => $"{consistency}: {_answers} answers, {_refusals} refusals or none in "
        + $"{Patience.TotalSeconds:0} s, longest stretch without an answer {_longest.TotalSeconds:0.0} s, "
        + $"{Wrong.Count} wrong";

    public async Task RunAsync(CancellationToken stop)
    {
        long last = _clock.GetTimestamp();
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            NodePlan node = storm.Members[turn % storm.Members.Count];
            if (await IsAnsweredAsync(node))
            {
                TimeSpan silence = _clock.GetElapsedTime(last);
                if (silence > _longest) _longest = silence;
                last = _clock.GetTimestamp();
                _answers++;
            }
            else
            {
                _refusals++;
            }

            await Task.Delay(Pace, _clock, CancellationToken.None);
        }
    }

    private async Task<bool> IsAnsweredAsync(NodePlan node)
    {
        using CancellationTokenSource patience = new(Patience, _clock);
        try
        {
            long counted = await storm.CountAsync(node, "known", consistency, patience.Token);

            // Of `one` nobody said that it is complete; of both nobody may see a point twice.
            bool isRight = consistency == "one" ? counted <= known : counted == known;
            if (!isRight) Wrong.Add($"{node.Name} counts {counted} of {known} points by {consistency}");
            return true;
        }
        catch (Exception e) when (e is TsDbException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
