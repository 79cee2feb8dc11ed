using System.Text;

namespace TsDb.Load;

/// <summary>
/// Lines of the TSBS cpu-only shape: ten tags, ten integer fields that walk at random between 0 and 100, one
/// row per host and ten seconds. The same seed gives the same lines.
/// </summary>
/// <param name="hosts">Number of hosts.</param>
/// <param name="hours">Length of time.</param>
/// <param name="first">The number of the first host.</param>
internal sealed class CpuShape(int hosts, int hours, int first = 0)
{
    private const int IntervalSeconds = 10;
    private const long StartSeconds = 1_451_606_400; // 2016-01-01

    /// <summary>The names of the fields.</summary>
    public static string[] FieldNames { get; } =
    [
        "usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait",
        "usage_irq", "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice",
    ];

    private static readonly string[] Regions =
        ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "sa-east-1"];

    public int Hosts => hosts;

    public int Hours => hours;

    public int Ticks { get; } = hours * 3_600 / IntervalSeconds;

    public long Rows => (long)Ticks * hosts;

    public static int FieldCount => FieldNames.Length;

    /// <summary>Requests of so many lines, in time order.</summary>
    public IEnumerable<byte[]> Requests(int linesPerRequest)
    {
        Random random = new(7 + first);
        string[] keys = [.. Enumerable.Range(first, hosts).Select(host => Key(host, random))];
        int[] values = [.. Enumerable.Range(0, hosts * FieldNames.Length).Select(_ => random.Next(101))];
        StringBuilder lines = new();
        int count = 0;
        for (int tick = 0; tick < Ticks; tick++)
        {
            for (int host = 0; host < hosts; host++)
            {
                lines.Append(keys[host]);
                for (int field = 0; field < FieldNames.Length; field++)
                {
                    ref int value = ref values[(host * FieldNames.Length) + field];
                    value = Math.Clamp(value + random.Next(-1, 2), 0, 100);
                    lines.Append(field == 0 ? ' '
                        : ',').Append(FieldNames[field]).Append('=').Append(value).Append('i');
                }

                lines.Append(' ').Append(StartSeconds + (tick * IntervalSeconds)).Append("000000000\n");
                if (++count < linesPerRequest) continue;
                yield return Encoding.ASCII.GetBytes(lines.ToString());
                lines.Clear();
                count = 0;
            }
        }

        if (count > 0) yield return Encoding.ASCII.GetBytes(lines.ToString());
    }

    private static string Key(int host, Random random)
    {
        string region = Regions[random.Next(Regions.Length)];
        return $"cpu,hostname=host_{host},region={region},datacenter={region}{(char)('a' + random.Next(3))},"
            + $"rack={random.Next(100)},os=Ubuntu16.04LTS,arch=x64,"
            + $"team={(random.Next(2) == 0 ? "SF" : "NYC")},"
            + $"service={random.Next(20)},service_version={random.Next(2)},service_environment=production";
    }
}
