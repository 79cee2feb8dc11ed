using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Adapters.Http;

/// <summary>
/// A set of leaves as JSON, cell by cell with its digest: equal digests mean equal sets. Both kinds of node
/// tell what they hold in this form.
/// </summary>
public static class LeafListing
{
    /// <summary>Describes leaves.</summary>
    /// <param name="leaves">The leaves, and of each whether it is durable as far as the teller knows.</param>
    /// <param name="withLeaves">True to name every leaf, false for digests only.</param>
    public static JsonObject Describe(IEnumerable<(Leaf Leaf, bool IsDurable)> leaves, bool withLeaves)
    {
        LeafDigest all = LeafDigest.Empty;
        JsonArray cells = [];
        foreach (var cell in leaves.GroupBy(l => (l.Leaf.Cell, l.Leaf.Incarnation)))
        {
            LeafDigest digest = LeafDigest.Of(cell.Select(l => l.Leaf));
            all += digest;
            JsonObject described = new()
            {
                ["database"] = cell.Key.Cell.Table.Database,
                ["table"] = cell.Key.Cell.Table.Table,
                ["day"] = cell.Key.Cell.Day.Number,
                ["incarnation"] = cell.Key.Incarnation.ToString(),
                ["count"] = digest.Count,
                ["digest"] = digest.ToString(),
            };
            if (withLeaves)
            {
                described["leaves"] = new JsonArray([.. cell.Select(l => new JsonObject
                {
                    ["ordinal"] = l.Leaf.Ordinal.Value,
                    ["hash"] = l.Leaf.Hash.ToString(),
                    ["durable"] = l.IsDurable,
                })]);
            }

            cells.Add(described);
        }

        return new JsonObject
        {
            ["count"] = all.Count,
            ["digest"] = all.ToString(),
            ["cells"] = cells,
        };
    }
}
