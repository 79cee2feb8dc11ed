using System.Globalization;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// A short slice of <c>make fuzz</c>, always the same inputs. The target sets TSDB_FUZZ_COUNT (all inputs
/// together), TSDB_FUZZ_SEED, TSDB_FUZZ_TARGET and, for one input again, TSDB_FUZZ_AT.
/// </summary>
public sealed class FuzzTests
{
    private const long CountOfSlice = 60_000;

    private static readonly FuzzTarget[] Targets =
        [
            .. LineFuzz.Targets, .. HttpFuzz.Targets, .. CodecFuzz.Targets, .. SegmentFuzz.Targets,
            .. TravelFuzz.Targets, .. WireFuzz.Targets,
        ];

    public static TheoryData<string> Names => [.. Targets.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_does_harm(string name)
    {
        string only = Environment.GetEnvironmentVariable("TSDB_FUZZ_TARGET") ?? "";
        if (only.Length > 0 && only != name) return;
        FuzzTarget target = Targets.Single(target => target.Name == name);
        long seed = Setting("TSDB_FUZZ_SEED", 1);
        long at = Setting("TSDB_FUZZ_AT", -1);
        long all = only.Length > 0 ? target.Weight : Targets.Sum(one => (long)one.Weight);
        long count = at >= 0 ? 1 : Setting("TSDB_FUZZ_COUNT", CountOfSlice) * target.Weight / all;
        FuzzRun.Execute(target, seed, Math.Max(at, 0), count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {count} inputs");
    }

    private static long Setting(string variable, long otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
