using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>A column of texts in the making, of which the same ones mostly follow each other.</summary>
internal interface ITextColumn
{
    /// <summary>Adds the same text, or null, for some rows.</summary>
    void AppendRepeated(ReadOnlySpan<byte> text, bool isNull, int times);

    /// <summary>The column.</summary>
    IArrowArray Build();
}
