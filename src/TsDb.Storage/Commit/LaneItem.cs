namespace TsDb.Storage.Commit;

/// <summary>What goes through the channel to the writer: a closed set.</summary>
internal abstract class LaneItem
{
    /// <summary>Ends the item with an error.</summary>
    public abstract void Fail(Exception error);
}
