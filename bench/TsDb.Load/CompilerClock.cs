using System.Globalization;

namespace TsDb.Load;

/// <summary>How long the threads of .NET processes that compile code anew were busy since this was
/// made.</summary>
internal sealed class CompilerClock(int[] processes)
{
    // As the system cuts the runtime's name for them.
    private const string ThreadName = ".NET Tiered Com";

    private readonly Dictionary<string, long> _before = Read(processes);

    /// <summary>Seconds of processor time, without those of threads that have ended; 0 for programs of
    /// another kind.</summary>
    public double Elapsed() =>
        Read(processes).Sum(thread => thread.Value - _before.GetValueOrDefault(thread.Key)) / 1e9;

    // By thread, in nanoseconds.
    private static Dictionary<string, long> Read(int[] processes)
    {
        Dictionary<string, long> threads = new(StringComparer.Ordinal);
        foreach (string thread in processes.SelectMany(id => Directory.GetDirectories($"/proc/{id}/task")))
        {
            try
            {
                if (!File.ReadAllText($"{thread}/comm").StartsWith(ThreadName, StringComparison.Ordinal))
                    continue;
                string busy = File.ReadAllText($"{thread}/schedstat").Split(' ')[0];
                threads[thread] = long.Parse(busy, CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return threads;
    }
}
