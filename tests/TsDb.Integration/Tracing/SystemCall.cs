using System.Globalization;

namespace TsDb.Integration.Tracing;

/// <summary>
/// One call of a thread to the system, as strace saw it. <paramref name="Began"/> and
/// <paramref name="Ended"/> are places in the trace: the tracer holds a thread at both ends of a call, so a
/// call that ended at an earlier place than another began was over before it.
/// </summary>
/// <param name="Name">The call's name.</param>
/// <param name="Arguments">What stood between the brackets, descriptors with their paths.</param>
/// <param name="Result">What it returned; null if it never did, or its end was not seen.</param>
/// <param name="Began">Line on which it began.</param>
/// <param name="Ended">Line on which it ended; the largest number if it never did.</param>
internal sealed record SystemCall(string Name, string Arguments, string? Result, int Began, int Ended)
{
    /// <summary>Whether it returned, and no error.</summary>
    public bool Succeeded => Result is not null && Result[0] is not ('-' or '?');

    /// <summary>The number it returned: of a read or write, the bytes.</summary>
    public long Number => long.Parse(Result!.AsSpan(0, NumberLength(Result!)), CultureInfo.InvariantCulture);

    /// <summary>The path or socket behind the descriptor that is the first argument; else empty.</summary>
    public string Target
    {
        get
        {
            int open = Arguments.IndexOf('<', StringComparison.Ordinal);
            int comma = Arguments.IndexOf(',', StringComparison.Ordinal);
            if (open < 0 || (comma >= 0 && comma < open)) return "";
            return Arguments[(open + 1)..Arguments.IndexOf('>', open)];
        }
    }

    /// <summary>Whether it ended well at a place before <paramref name="other"/> began.</summary>
    public bool IsDoneBefore(SystemCall other) => Succeeded && Ended < other.Began;

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} of {Target} (lines {Began}..{Ended})");

    private static int NumberLength(string result)
    {
        int length = 0;
        while (length < result.Length && char.IsAsciiDigit(result[length])) length++;
        return length;
    }
}
