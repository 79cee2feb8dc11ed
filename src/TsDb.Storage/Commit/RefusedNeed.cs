namespace TsDb.Storage.Commit;

/// <summary>
/// The largest write that the disk had no room for of late. Retention counts it: the rest of the room may be
/// too small for a writer that comes again and again, although the disk is not full.
/// </summary>
/// <param name="Bytes">What the write would have taken.</param>
/// <param name="At">When it was refused.</param>
internal sealed record RefusedNeed(long Bytes, DateTimeOffset At)
{
    // Writers are told to come again within seconds: one that has not for this long has given up.
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(1);

    /// <summary>No write was refused.</summary>
    public static RefusedNeed None { get; } = new(0, DateTimeOffset.MinValue);

    /// <summary>The need after one more refusal.</summary>
    public RefusedNeed After(long bytes, DateTimeOffset now) =>
        bytes >= BytesAt(now) ? new RefusedNeed(bytes, now) : this;

    /// <summary>Bytes that count at this moment; 0 when the refusal is long ago.</summary>
    public long BytesAt(DateTimeOffset now) => now - At < AgeMax ? Bytes : 0;
}
