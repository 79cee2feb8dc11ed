using System.Buffers.Binary;
using Google.Protobuf;
using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <content>Bundles: table by table, days and ordinals as what they are off those before.</content>
public static partial class ShipmentCodec
{
    private static P.Bundle FromBundle(OfferBundle bundle)
    {
        P.Bundle wire = new()
        {
            Edge = bundle.Edge.Value,
            Incarnation = WireRules.From(bundle.Incarnation.Value),
            Rows = UnsafeByteOperations.UnsafeWrap(bundle.Rows),
        };
        for (int start = 0; start < bundle.Leaves.Length;)
        {
            TableId table = bundle.Leaves[start].Cell.Table;
            int end = start + 1;
            while (end < bundle.Leaves.Length && bundle.Leaves[end].Cell.Table == table) end++;
            wire.Tables.Add(FromTable(table, bundle.Leaves.AsSpan()[start..end]));
            start = end;
        }

        return wire;
    }

    private static P.BundledTable FromTable(TableId table, ReadOnlySpan<BundledLeaf> leaves)
    {
        P.BundledTable wire = new() { Database = table.Database, Table = table.Table };
        byte[] tags = new byte[leaves.Length * LeafTag.BytesLength];
        (int day, long ordinal, bool refers) = (0, 0, false);
        for (int i = 0; i < leaves.Length; i++)
        {
            BundledLeaf leaf = leaves[i];
            wire.Days.Add(leaf.Cell.Day.Number - day);
            wire.Ordinals.Add(leaf.Ordinal.Value - ordinal);
            wire.References.Add(leaf.Reference is { } earlier ? leaf.Ordinal.Value - earlier.Value : 0);
            BinaryPrimitives.WriteUInt64BigEndian(tags.AsSpan(i * LeafTag.BytesLength), leaf.Tag.Value);
            (day, ordinal) = (leaf.Cell.Day.Number, leaf.Ordinal.Value);
            refers |= leaf.Reference is not null;
        }

        if (!refers) wire.References.Clear();
        wire.Tags = UnsafeByteOperations.UnsafeWrap(tags);
        return wire;
    }

    private static OfferBundle ToBundle(P.Bundle wire)
    {
        EdgeId edge = WireRules.Edge(wire.Edge);
        List<BundledLeaf> leaves = [];
        foreach (P.BundledTable table in wire.Tables)
        {
            WireRules.RequireCount(leaves.Count + table.Days.Count, ShipmentLimits.OffersMax, "leaves");
            AddTable(leaves, edge, table);
        }

        WireRules.Require(leaves.Count > 0 && !wire.Rows.IsEmpty, "an empty bundle");
        return new OfferBundle(
            edge, WireRules.IncarnationOf(wire.Incarnation), [.. leaves], wire.Rows.Memory);
    }

    private static void AddTable(List<BundledLeaf> leaves, EdgeId edge, P.BundledTable wire)
    {
        int count = wire.Days.Count;
        WireRules.Require(
            wire.Ordinals.Count == count && wire.Tags.Length == count * LeafTag.BytesLength
            && (wire.References.Count == count || wire.References.Count == 0),
            $"{count} days, {wire.Ordinals.Count} ordinals, {wire.Tags.Length} bytes of tags");
        (long day, long ordinal) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            day += wire.Days[i];
            ordinal = unchecked(ordinal + wire.Ordinals[i]);
            WireRules.Require(day is >= int.MinValue and <= int.MaxValue, $"day {day}");
            long back = wire.References.Count == 0 ? 0 : wire.References[i];
            WireRules.Require(back >= 0 && back < ordinal, $"a reference {back} before {ordinal}");
            Cell cell = WireRules.Cell(new P.Cell
            {
                Database = wire.Database,
                Table = wire.Table,
                Edge = edge.Value,
                Day = (int)day,
            });
            ReadOnlySpan<byte> tag = wire.Tags.Span[(i * LeafTag.BytesLength)..];
            leaves.Add(new BundledLeaf(
                cell,
                WireRules.OrdinalOf(ordinal),
                new LeafTag(BinaryPrimitives.ReadUInt64BigEndian(tag)),
                back == 0 ? null : new Ordinal(ordinal - back)));
        }
    }
}
