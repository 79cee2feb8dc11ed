namespace TsDb.Storage.Sensors;

/// <summary>Who is told how a message ended.</summary>
public interface IMessageReceipt
{
    /// <summary>
    /// Called once, in the order in which messages were taken. Must be quick and must not throw.
    /// </summary>
    /// <param name="outcome">How the message ended.</param>
    /// <param name="refusedCount">Points of it that were refused.</param>
    /// <param name="reason">Why, if anything was refused or failed.</param>
    void End(MessageOutcome outcome, long refusedCount, string? reason);

    /// <summary>
    /// Called after <see cref="End"/> of all messages that ended together: time to send what was written.
    /// </summary>
    void GroupEnded();
}
