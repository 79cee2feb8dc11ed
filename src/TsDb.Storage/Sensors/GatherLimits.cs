namespace TsDb.Storage.Sensors;

/// <summary>How much of what sensors send is stored together.</summary>
public sealed record GatherLimits
{
    /// <summary>Payload bytes at which a group takes nothing more.</summary>
    public int GroupBytesMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 256 << 10;

    /// <summary>Messages at which a group takes nothing more.</summary>
    public int GroupMessagesMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 4_096;

    /// <summary>
    /// How long a group is held and tried again while the store has no room, before its senders are told to
    /// come back. Nothing is acknowledged meanwhile.
    /// </summary>
    public TimeSpan HoldMax { get; init; } = TimeSpan.FromSeconds(10);
}
