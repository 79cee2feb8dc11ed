namespace TsDb.Query.Direct;

/// <summary>Whoever wants the rows that pass.</summary>
internal interface IRowTaker
{
    /// <summary>Neighbouring rows of one series, in the order of time.</summary>
    void TakeSlice(int series, int start, int end);

    /// <summary>Rows with their series.</summary>
    void TakeRows(ReadOnlySpan<int> series, ReadOnlySpan<int> rows);
}
