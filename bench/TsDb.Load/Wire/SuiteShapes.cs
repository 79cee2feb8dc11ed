using System.Globalization;
using System.Text;

namespace TsDb.Load.Wire;

/// <summary>
/// Lines of the shapes of the Time Series Benchmark Suite, by a generator of our own: cpu (ten tags, ten
/// integers that walk with steps of a standard normal between 0 and 100) and iot (trucks with positions,
/// readings and diagnostics, a tenth of which is missing or late). The same seed gives the same lines.
/// </summary>
internal static class SuiteShapes
{
    private const long StartNanoseconds = 1_451_606_400_000_000_000; // 2016-01-01
    private const long StepNanoseconds = 10_000_000_000;

    private static readonly string[] CpuFields =
    [
        "usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait",
        "usage_irq", "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice",
    ];

    private static readonly string[] Regions =
        ["us-east-1", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "sa-east-1"];

    /// <summary>One body a tick: a row of each host.</summary>
    public static IEnumerable<string> Cpu(int hosts, int ticks, int seed = 7)
    {
        Random random = new(seed);
        string[] keys = [.. Enumerable.Range(0, hosts).Select(h => CpuKey(h, random))];
        double[] values =
            [.. Enumerable.Range(0, hosts * CpuFields.Length).Select(_ => random.NextDouble() * 100)];
        StringBuilder lines = new();
        for (int tick = 0; tick < ticks; tick++)
        {
            lines.Clear();
            for (int i = 0; i < values.Length; i++)
            {
                int field = i % CpuFields.Length;
                lines.Append(field == 0 ? keys[i / CpuFields.Length] + " " : ",");
                lines.Append(CultureInfo.InvariantCulture, $"{CpuFields[field]}={(int)values[i]}i");
                values[i] = Math.Clamp(values[i] + Normal(random), 0, 100);
                if (field == CpuFields.Length - 1) AppendTime(lines, tick);
            }

            yield return lines.ToString();
        }
    }

    /// <summary>One body a tick: up to two rows of each truck.</summary>
    public static IEnumerable<string> Iot(int trucks, int ticks, int seed = 7)
    {
        Random random = new(seed);
        Truck[] all = [.. Enumerable.Range(0, trucks).Select(i => new Truck(i, random))];
        PriorityQueue<string, int> late = new();
        StringBuilder lines = new();
        for (int tick = 0; tick < ticks; tick++)
        {
            lines.Clear();
            while (late.TryPeek(out _, out int due) && due <= tick) lines.Append(late.Dequeue());
            foreach (Truck truck in all)
            {
                truck.Drive();
                foreach (string row in truck.Rows())
                {
                    double chance = random.NextDouble();
                    if (chance < 0.10) continue;
                    StringBuilder line = new(row);
                    AppendTime(line, tick);
                    if (chance < 0.105) late.Enqueue(line.ToString(), tick + random.Next(1, 60));
                    else lines.Append(line);
                }
            }

            yield return lines.ToString();
        }
    }

    /// <summary>Bodies of several ticks each.</summary>
    public static IEnumerable<byte[]> Together(IEnumerable<string> bodies, int count) =>
        bodies.Chunk(count).Select(some => Encoding.UTF8.GetBytes(string.Concat(some)));

    /// <summary>Bodies of so many lines.</summary>
    public static IEnumerable<byte[]> Requests(IEnumerable<string> lines, int linesMax) =>
        lines.Chunk(linesMax).Select(some => Encoding.UTF8.GetBytes(string.Join('\n', some) + "\n"));

    /// <summary>Field values of a body without quoted texts.</summary>
    public static long ValuesOf(byte[] body)
    {
        long values = 0;
        foreach (string line in Encoding.UTF8.GetString(body).Split('\n'))
        {
            if (line.Length > 0) values += line.Split(' ')[1].Count(c => c == '=');
        }

        return values;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void AppendTime(StringBuilder lines, int tick) =>
        lines.Append(CultureInfo.InvariantCulture, $" {StartNanoseconds + (tick * StepNanoseconds)}\n");

    private static T Pick<T>(Random random, params ReadOnlySpan<T> of) => of[random.Next(of.Length)];

    private static string CpuKey(int host, Random random)
    {
        string region = Pick(random, Regions);
        return $"cpu,hostname=host_{host},region={region},datacenter={region}{Pick(random, "a", "b", "c")},"
            + $"rack={random.Next(100)},os={Pick(random, "Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10")},"
            + $"arch={Pick(random, "x64", "x86")},team={Pick(random, "SF", "NYC", "LON", "CHI")},"
            + $"service={random.Next(20)},service_version={random.Next(2)},"
            + $"service_environment={Pick(random, "production", "staging", "test")}";
    }

    private sealed class Truck(int number, Random random)
    {
        private readonly string _tags =
            $",fleet={Pick(random, "East", "West", "North", "South")},"
            + $"driver={Pick(random, "Derek", "Rodney", "Albert", "Andy", "Seth", "Trish")},"
            + $"model={Pick(random, "F-150", "G-2000", "H-2")},"
            + $"device_version={Pick(random, "v1.0", "v1.5", "v2.0", "v2.3")}";

        private readonly string _fixed = $" load_capacity={Pick(random, 1500, 2000, 5000)},fuel_capacity=150,"
            + $"nominal_fuel_consumption={Pick(random, 12, 15, 19)}";

        private double _latitude = (random.NextDouble() * 180) - 90;
        private double _longitude = (random.NextDouble() * 360) - 180;
        private double _elevation = random.Next(500);
        private double _velocity;
        private double _heading = random.Next(360);
        private double _grade;
        private double _consumption = 25;
        private double _fuel = 1;
        private double _load;

        public void Drive()
        {
            _latitude = Step(_latitude, 0.005, -90, 90);
            _longitude = Step(_longitude, 0.005, -180, 180);
            _elevation = Math.Round(Step(_elevation, 10, 0, 5000));
            _velocity = Math.Round(Step(_velocity, 10, 0, 100));
            _heading = Math.Round(Step(_heading, 5, 0, 360));
            _grade = Math.Round(Step(_grade, 5, 0, 100));
            _consumption = Step(_consumption, 0.5, 0, 50);
            _fuel = _fuel < 0.05 ? 1 : _fuel - (random.NextDouble() * 0.001);
            if (random.Next(2_000) == 0) _load = random.Next(1_500);
        }

        public IEnumerable<string> Rows()
        {
            string tag = random.NextDouble() < 0.0017 ? _tags : $",name=truck_{number}{_tags}";
            string last = random.NextDouble() < 0.09 ? "" : $",fuel_consumption={Text(_consumption, 1)}";
            yield return $"readings{tag}{_fixed},latitude={Text(_latitude, 5)},longitude="
                + $"{Text(_longitude, 5)},elevation={_elevation},velocity={_velocity},"
                + $"heading={_heading},grade={_grade}{last}";
            string status = random.NextDouble() < 0.09 ? "" : $",status={(_velocity == 0 ? 5 : 0)}i";
            yield return $"diagnostics{tag}{_fixed},fuel_state={Text(_fuel, 1)},current_load={_load}{status}";
        }

        private double Step(double value, double sigma, double min, double max) =>
            Math.Clamp(value + (Normal(random) * sigma), min, max);

        private static string Text(double value, int digits) =>
            Math.Round(value, digits).ToString(CultureInfo.InvariantCulture);
    }
}
