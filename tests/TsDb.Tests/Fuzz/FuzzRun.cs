using System.Diagnostics;
using System.Text;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Gives a target many inputs: none may make it throw, allocate without measure or take seconds. What does is
/// made smaller and reported with the numbers that make it again.
/// </summary>
internal static class FuzzRun
{
    private const int SmallerTriesMax = 3_000;

    /// <summary>No input here is larger than 64 KiB: whatever takes this long, hangs.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>Tries the inputs from one number to another.</summary>
    public static void Execute(FuzzTarget target, long seed, long from, long count)
    {
        foreach (byte[] good in target.Seeds) Report(target, seed, -1, good, Fault(target, good));
        for (long number = from; number < from + count; number++)
        {
            byte[] input = Mutator.Make(target, seed, number);
            Report(target, seed, number, input, Fault(target, input));
        }
    }

    private static void Report(FuzzTarget target, long seed, long number, byte[] input, string? fault)
    {
        if (fault is null) return;
        byte[] small = Smaller(target, input, Kind(fault));
        Assert.Fail(
            $"{target.Name}: input {number} of seed {seed}, {input.Length} bytes, made smaller "
            + $"{small.Length}\n"
            + $"again: make fuzz TARGET={target.Name} SEED={seed} AT={number}\n"
            + $"base64: {Convert.ToBase64String(small)}\n"
            + $"text: {Quoted(small)}\n{Fault(target, small) ?? fault}");
    }

    /// <summary>What is wrong with how the target takes an input; null if nothing is.</summary>
    private static string? Fault(FuzzTarget target, byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        try
        {
            target.Try(input);
        }
        catch (Exception error)
        {
            return error.ToString();
        }

        TimeSpan took = Stopwatch.GetElapsedTime(start);
        if (took > TimeMax) return $"slow: {took.TotalSeconds:0.0} s for {input.Length} bytes";
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        long allowed = target.AllocationBase + (target.AllocationPerByte * input.Length);
        return allocated <= allowed
            ? null
            : $"allocation: {allocated} bytes for {input.Length}, allowed are {allowed}";
    }

    /// <summary>The kind of a fault: the first word of its text, an exception's type.</summary>
    private static string Kind(string fault) => fault.Split(':', '\n')[0];

    /// <summary>Takes away halves, quarters, ... bytes as long as the same kind of fault stays.</summary>
    private static byte[] Smaller(FuzzTarget target, byte[] input, string kind)
    {
        int tries = 0;
        for (int size = input.Length / 2; size > 0; size /= 2)
        {
            for (int at = 0; at + size <= input.Length && tries < SmallerTriesMax; tries++)
            {
                byte[] less = [.. input.AsSpan(0, at), .. input.AsSpan(at + size)];
                if (Fault(target, less) is { } fault && Kind(fault) == kind) input = less;
                else at += size;
            }
        }

        return input;
    }

    private static string Quoted(byte[] bytes)
    {
        StringBuilder text = new();
        foreach (byte b in bytes.AsSpan(0, Math.Min(bytes.Length, 500)))
            text.Append(b is >= 0x20 and < 0x7F ? ((char)b).ToString() : $"\\x{b:x2}");
        return text.ToString();
    }
}
