using TsDb.Adapters.Hosting;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// The memory that all queries of a node share, in bytes. Every statement begins with a small part, which is
/// there for as many as may run at once; one that needs more begins anew with the large part, which is there
/// once. So small statements never wait for memory that a heavy one holds.
/// </summary>
public sealed record QueryMemory
{
    /// <summary>The least that a node can be given: below it the engine does not work.</summary>
    public const long BytesLeast = 64L << 20;

    private const long SmallLeast = 16L << 20;

    private QueryMemory(long total, long decodedMax, int statements)
    {
        TotalBytes = total;
        DecodedBytes = Math.Min(total / 4, decodedMax);
        long rest = total - DecodedBytes;
        SmallBytes = Math.Max(rest / 2 / statements, SmallLeast);
        LargeBytes = rest / 2;
    }

    /// <summary>All of it.</summary>
    public long TotalBytes { get; }

    /// <summary>For decoded columns that are kept between statements.</summary>
    public long DecodedBytes { get; }

    /// <summary>What a statement begins with.</summary>
    public long SmallBytes { get; }

    /// <summary>What one statement at a time may have.</summary>
    public long LargeBytes { get; }

    /// <summary>Divides a total.</summary>
    /// <param name="total">Bytes, at least <see cref="BytesLeast"/>.</param>
    /// <param name="decodedMax">At most so much of it for decoded columns.</param>
    /// <param name="statements">How many statements run at once.</param>
    public static QueryMemory Of(long total, long decodedMax, int statements)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, BytesLeast);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(statements);
        return new QueryMemory(total, decodedMax, statements);
    }

    /// <summary>
    /// The total of flag <c>--query-memory</c>, or without it a part of this machine's memory or of what its
    /// container may have. Throws <see cref="ErrorKind.Invalid"/> if it is too little.
    /// </summary>
    /// <param name="values">The flags.</param>
    /// <param name="share">The part, in hundredths.</param>
    /// <param name="bytesMost">No more than this without the flag, in bytes.</param>
    public static long Read(FlagValues values, int share, long bytesMost)
    {
        if (values.OptionalBytes("query-memory") is not { } asked)
        {
            return Math.Clamp(
                GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 100 * share, BytesLeast, bytesMost);
        }

        return asked >= BytesLeast
            ? asked
            : throw new TsDbException(ErrorKind.Invalid, "--query-memory must be at least 64MiB");
    }
}
