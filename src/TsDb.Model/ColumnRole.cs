namespace TsDb.Model;

/// <summary>What a column is to the data model. The numbers are part of the formats.</summary>
public enum ColumnRole
{
    /// <summary>The point's time, int64 nanoseconds since the Unix epoch, UTC.</summary>
    Time = 1,

    /// <summary>A part of the key: text, absent and empty are the same.</summary>
    Tag = 2,

    /// <summary>A measured value.</summary>
    Field = 3,
}
