using System.Collections.Immutable;
using TsDb.Columnar.Vectors;

namespace TsDb.Query.Direct;

/// <summary>A tag that must be one of some values.</summary>
internal sealed record DirectTagFilter(string Tag, ImmutableArray<string> Values)
{
    /// <summary>Takes the series that do not pass out of <paramref name="passes"/>.</summary>
    public void Keep(RowBlock block, Span<bool> passes)
    {
        if (block.Tag(Tag) is not { } tag)
        {
            passes.Clear();
            return;
        }

        bool[] wanted = new bool[tag.Values.Count];
        foreach (string value in Values)
        {
            if (tag.Find(value) is >= 0 and int place) wanted[place] = true;
        }

        ReadOnlySpan<int> codes = tag.Codes;
        for (int series = 0; series < passes.Length; series++)
            passes[series] &= codes[series] >= 0 && wanted[codes[series]];
    }
}
