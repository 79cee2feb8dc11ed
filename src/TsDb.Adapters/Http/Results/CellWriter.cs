using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>
/// Writes the values of one column, bound to one batch after the other; no value becomes an object.
/// </summary>
internal abstract class CellWriter
{
    /// <summary>The array of the batch at hand.</summary>
    protected IArrowArray Array { get; private set; } = null!;

    /// <summary>True if a row of the batch may have no value.</summary>
    public bool HasNulls { get; private set; }

    /// <summary>True if the value is text in JSON, between quotes.</summary>
    public virtual bool IsText => false;

    /// <summary>Goes on with the column's array of the next batch.</summary>
    public virtual void Bind(IArrowArray array)
    {
        Array = array;
        HasNulls = array.NullCount != 0;
    }

    /// <summary>
    /// Copies a column's values to where each is one array access away; Arrow's own way to native memory
    /// costs more than most values do.
    /// </summary>
    protected static void Copy<T>(ReadOnlySpan<T> values, ref T[] into)
    {
        if (into.Length < values.Length) into = new T[values.Length];
        values.CopyTo(into);
    }

    /// <summary>True if the row has no value, or none that JSON can say.</summary>
    public virtual bool IsNull(int row) => IsAbsent(row);

    /// <summary>True if the row has no value.</summary>
    public bool IsAbsent(int row) => HasNulls && Array.IsNull(row);

    /// <summary>Writes the value as JSON, quotes included; the row is not null.</summary>
    public abstract void WriteJson(int row, Utf8Buffer to);

    /// <summary>Writes a member of an object: what stands in front of the value, then it or null.</summary>
    public virtual void WriteMember(ReadOnlySpan<byte> prefix, int row, Utf8Buffer to)
    {
        to.Append(prefix);
        if (IsNull(row)) to.Append("null"u8);
        else WriteJson(row, to);
    }

    /// <summary>Writes the value as plain text, for a field of CSV or a table.</summary>
    public virtual void WritePlain(int row, Utf8Buffer to) => WriteJson(row, to);
}
