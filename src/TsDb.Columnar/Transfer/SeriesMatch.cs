using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace TsDb.Columnar.Transfer;

/// <summary>Finds the series of rows in a reference.</summary>
internal static class SeriesMatch
{
    /// <summary>
    /// By series its place in the reference, or the number of series there if it has no counterpart. A
    /// counterpart has the same values of all tags that both have, and none of a tag that only it has.
    /// </summary>
    public static int[] Find(LooseRows rows, LooseTag?[] counterparts, LooseRows? reference)
    {
        int known = reference?.SeriesRows.Length ?? 0;
        int[] matches = new int[rows.SeriesRows.Length];
        matches.AsSpan().Fill(known);
        if (reference is null) return matches;
        LooseTag[] foreign = [.. reference.Tags.Where(t => rows.Tag(t.Name) is null)];
        LooseTag[] theirs = [.. counterparts.OfType<LooseTag>()];
        LooseTag[] ours = [.. rows.Tags.Where((_, i) => counterparts[i] is not null)];
        int[] key = new int[ours.Length];
        Dictionary<ulong, int> places = [];
        for (int s = known - 1; s >= 0; s--)
        {
            if (foreign.Any(t => t.Places[s] != 0)) continue;
            places[HashOf(theirs, s, key)] = s;
        }

        for (int s = 0; s < matches.Length; s++)
        {
            bool isFound = places.TryGetValue(HashOf(ours, s, key), out int place);
            if (isFound && ours.Zip(theirs).All(t => t.First.Places[s] == t.Second.Places[place]))
                matches[s] = place;
        }

        return matches;
    }

    private static ulong HashOf(LooseTag[] tags, int series, int[] key)
    {
        for (int t = 0; t < tags.Length; t++) key[t] = tags[t].Places[series];
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.AsSpan()));
    }
}
