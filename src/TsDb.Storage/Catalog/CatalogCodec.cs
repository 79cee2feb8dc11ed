using System.Text.Json;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// Catalog records to JSON and back. Format: FORMAT.md beside this file; change both together.
/// </summary>
internal static class CatalogCodec
{
    private const int VersionCurrent = 1;

    public static byte[] Encode(CatalogRecord record)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            Write(json, record);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>
    /// Throws <see cref="ErrorKind.Corrupt"/> if the bytes are no record, <see cref="ErrorKind.Invalid"/> if
    /// they are of a version not known here.
    /// </summary>
    public static CatalogRecord Decode(ReadOnlyMemory<byte> bytes)
    {
        FormatVersion.RequireInJson(
            "a record of the catalog", bytes.Span, VersionCurrent, VersionCurrent, "v");
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes);
            return Decode(json.RootElement);
        }
        catch (NotSupportedException kind)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"a record of the catalog is of the kind '{kind.Message}', which this program does not know: "
                + "start a newer one; nothing is lost",
                kind);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or TsDbException { Kind: ErrorKind.Invalid or ErrorKind.Conflict })
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"a catalog record cannot be read: {JsonFault.Describe(e)}", e);
        }
    }

    private static void Write(Utf8JsonWriter json, CatalogRecord record)
    {
        json.WriteNumber("v", VersionCurrent);
        switch (record)
        {
            case SegmentsSealed sealing:
                json.WriteString("kind", "sealed");
                json.WriteNumber("covered", sealing.Covered.Value);
                json.WriteList("segments", sealing.Segments, CatalogJson.Write);
                json.WriteList("schemas", sealing.Schemas, CatalogJson.Write);
                break;
            case LeafCut cut:
                json.WriteString("kind", "cut");
                json.WriteOne("leaf", cut.Leaf, CatalogJson.Write);
                json.WriteOne("segment", cut.Segment, CatalogJson.Write);
                json.WriteNames("replaced", cut.Replaced);
                CatalogJson.WriteCutAt(json, cut.CutAt);
                break;
            case LeafDurable durable:
                json.WriteString("kind", "durable");
                json.WriteOne("leaf", durable.Leaf, CatalogJson.Write);
                json.WriteNumber("epoch", durable.Epoch.Value);
                break;
            case LeafForked forked:
                json.WriteString("kind", "forked");
                json.WriteOne("leaf", forked.Leaf, CatalogJson.Write);
                break;
            case LeafUnwanted unwanted:
                json.WriteString("kind", "unwanted");
                json.WriteOne("leaf", unwanted.Leaf, CatalogJson.Write);
                break;
            case SegmentsCompacted compacted:
                json.WriteString("kind", "compacted");
                json.WriteOne("segment", compacted.Segment, CatalogJson.Write);
                json.WriteNames("replaced", compacted.Replaced);
                break;
            case LeafSetAside aside:
                json.WriteString("kind", "aside");
                json.WriteOne("leaf", aside.Leaf, CatalogJson.Write);
                if (aside.Aside is { } why) json.WriteOne("aside", why, CatalogJson.Write);
                break;
            case SegmentUncut uncut:
                json.WriteString("kind", "uncut");
                json.WriteString("name", uncut.Name);
                json.WriteOne("leaf", uncut.Lost, CatalogJson.Write);
                break;
            case LeafLost lost:
                json.WriteString("kind", "lost");
                json.WriteOne("leaf", lost.Leaf, CatalogJson.Write);
                break;
            case SegmentsExpired expired:
                json.WriteString("kind", "expired");
                json.WriteNames("names", expired.Names);
                break;
            case ChangesTogether all:
                json.WriteString("kind", "together");
                json.WriteList("changes", all.Changes, Write);
                break;
            case LedgerKnown known:
                json.WriteString("kind", "leaves");
                json.WriteList("leaves", known.Leaves, CatalogJson.Write);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{record}");
        }
    }

    private static CatalogRecord Decode(JsonElement json)
    {
        int version = json.GetProperty("v").GetInt32();
        if (version != VersionCurrent) throw new FormatException($"a change inside has version {version}");
        string? kind = json.GetProperty("kind").GetString();
        return kind switch
        {
            "sealed" => new SegmentsSealed(
                new CommitSequence(json.GetProperty("covered").GetUInt64()),
                json.ReadList("segments", CatalogJson.ReadSegment),
                json.ReadList("schemas", CatalogJson.ReadSchema)),
            "cut" => new LeafCut(
                CatalogJson.ReadLeaf(json.GetProperty("leaf")),
                CatalogJson.ReadSegment(json.GetProperty("segment")),
                json.ReadNames("replaced"))
            {
                CutAt = CatalogJson.ReadCutAt(json),
            },
            "durable" => new LeafDurable(
                CatalogJson.ReadLeaf(json.GetProperty("leaf")),
                new Epoch(json.GetProperty("epoch").GetInt64())),
            "forked" => new LeafForked(CatalogJson.ReadLeaf(json.GetProperty("leaf"))),
            "unwanted" => new LeafUnwanted(CatalogJson.ReadLeaf(json.GetProperty("leaf"))),
            "compacted" => new SegmentsCompacted(
                CatalogJson.ReadSegment(json.GetProperty("segment")), json.ReadNames("replaced")),
            "aside" => new LeafSetAside(
                CatalogJson.ReadLeaf(json.GetProperty("leaf")), CatalogJson.ReadAside(json)),
            "uncut" => new SegmentUncut(
                json.GetProperty("name").GetString() ?? throw new FormatException("a name is null"),
                CatalogJson.ReadLeaf(json.GetProperty("leaf"))),
            "lost" => new LeafLost(CatalogJson.ReadLeaf(json.GetProperty("leaf"))),
            "expired" => new SegmentsExpired(json.ReadNames("names")),
            "together" => new ChangesTogether(json.ReadList("changes", ReadChange)),
            "leaves" => new LedgerKnown(json.ReadList("leaves", CatalogJson.ReadLedgerLeaf)),
            _ => throw new NotSupportedException($"{kind}"),
        };
    }

    private static CatalogRecord ReadChange(JsonElement json) =>
        Decode(json) is var change and not ChangesTogether
            ? change : throw new FormatException("a list of changes has another inside");
}
