using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <content>What is erased.</content>
public static partial class ShipmentCodec
{
    private static P.Tombstone FromTombstone(Tombstone tombstone)
    {
        P.Tombstone wire = new()
        {
            Number = tombstone.Number,
            Database = tombstone.Table.Database,
            Table = tombstone.Table.Table,
            BeforeNanoseconds = tombstone.BeforeNanoseconds,
            LiftedBy = tombstone.LiftedBy ?? 0,
            FinalBy = tombstone.FinalBy ?? 0,
        };
        wire.Where.AddRange(tombstone.Where.Select(condition => new P.TagCondition
        {
            Tag = condition.Tag,
            Values = { condition.Values },
        }));
        return wire;
    }

    private static Erasures ToErasures(P.ClusterInfo wire)
    {
        WireRules.Require(wire.Erasures >= 0, $"{wire.Erasures} changes of erasures");
        return new Erasures(
            wire.Erasures,
            WireRules.All(wire.Tombstones, ShipmentLimits.ItemsMax, "tombstones", ToTombstone));
    }

    // One that is read too widely hides what nobody erased, one that is not read shows what somebody did:
    // whatever is strange refuses the whole message.
    private static Tombstone ToTombstone(P.Tombstone wire)
    {
        bool isPlausible = wire.Number > 0 && wire.LiftedBy >= 0 && wire.FinalBy >= 0
            && (wire.FinalBy == 0 || wire.LiftedBy == 0);
        WireRules.Require(isPlausible, $"tombstone {wire.Number}");
        TableId table =
            new(WireRules.Name(wire.Database, "a database"), WireRules.Name(wire.Table, "a table"));
        return new Tombstone(
            wire.Number,
            table,
            WireRules.All(wire.Where, ShipmentLimits.ItemsMax, "conditions", ToCondition),
            wire.BeforeNanoseconds)
        {
            LiftedBy = wire.LiftedBy == 0 ? null : wire.LiftedBy,
            FinalBy = wire.FinalBy == 0 ? null : wire.FinalBy,
        };
    }

    private static TagCondition ToCondition(P.TagCondition wire)
    {
        WireRules.Require(wire.Values.Count > 0, $"no value of tag {wire.Tag}");
        return new TagCondition(
            WireRules.Name(wire.Tag, "a tag"),
            WireRules.All(wire.Values, ShipmentLimits.ItemsMax, "values", value => value));
    }
}
