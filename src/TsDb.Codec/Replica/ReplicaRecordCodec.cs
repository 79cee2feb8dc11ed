using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using TsDb.Model;

namespace TsDb.Codec.Replica;

/// <summary>Records of a cloud node's catalog to bytes and back (Protos/replica.proto).</summary>
public static class ReplicaRecordCodec
{
    /// <summary>The bytes of a record.</summary>
    public static byte[] Encode(ReplicaRecord record) => (record switch
    {
        ReplicaRecord.Stored stored => new Protos.ReplicaRecord { Stored = FromFiles(stored.Leaves) },
        ReplicaRecord.Merged merged => new Protos.ReplicaRecord { Merged = FromFiles(merged.Files) },
        ReplicaRecord.Lost lost => new Protos.ReplicaRecord
        {
            Lost = new Protos.Lost
            {
                Cell = FromCell(lost.Leaf.Cell),
                Incarnation = Bytes(lost.Leaf.Incarnation),
                Ordinal = lost.Leaf.Ordinal.Value,
                Hash = ByteString.CopyFrom(lost.Leaf.Hash.ToArray()),
                Reason = lost.Reason,
            },
        },
        ReplicaRecord.Whole whole => new Protos.ReplicaRecord
        {
            Whole = new Protos.Whole
            {
                Epoch = whole.Epoch.Value,
                Shards = { whole.Shards.Select(shard => (uint)shard.Value) },
            },
        },
        _ => throw new System.Diagnostics.UnreachableException($"{record.GetType()}"),
    }).ToByteArray();

    /// <summary>
    /// Reads a record. Throws <see cref="ErrorKind.Corrupt"/> if the bytes are none,
    /// <see cref="ErrorKind.Invalid"/> if they are a record of a kind that only a newer program knows: the
    /// catalog is whole then, and must stay.
    /// </summary>
    public static ReplicaRecord Decode(ReadOnlySpan<byte> bytes)
    {
        Protos.ReplicaRecord record;
        try
        {
            record = Protos.ReplicaRecord.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Unreadable(e);
        }

        if (record.BodyCase == Protos.ReplicaRecord.BodyOneofCase.None && record.CalculateSize() > 0)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                "the catalog of leaves has a record of a kind that this program does not know: start a newer "
                + "one; nothing is lost");
        }

        try
        {
            return record.BodyCase switch
            {
                Protos.ReplicaRecord.BodyOneofCase.Stored =>
                    new ReplicaRecord.Stored(ToFiles(record.Stored, areMerged: false)),
                Protos.ReplicaRecord.BodyOneofCase.Merged =>
                    new ReplicaRecord.Merged(ToFiles(record.Merged, areMerged: true)),
                Protos.ReplicaRecord.BodyOneofCase.Lost => new ReplicaRecord.Lost(
                    new Leaf(
                        ToCell(record.Lost.Cell),
                        ToIncarnation(record.Lost.Incarnation),
                        new Ordinal(record.Lost.Ordinal),
                        new ContentHash(record.Lost.Hash.Span)),
                    record.Lost.Reason),
                Protos.ReplicaRecord.BodyOneofCase.Whole => new ReplicaRecord.Whole(
                    new Epoch(record.Whole.Epoch),
                    [.. record.Whole.Shards.Select(shard => new ShardId(checked((int)shard)))]),
                _ => throw new TsDbException(
                    ErrorKind.Corrupt, "the catalog has a record of no bytes"),
            };
        }
        catch (Exception e) when (e is ArgumentException or OverflowException
            || e is TsDbException { Kind: not ErrorKind.Corrupt })
        {
            throw Unreadable(e);
        }
    }

    private static TsDbException Unreadable(Exception why) => new(
        ErrorKind.Corrupt, $"the catalog has a record that cannot be read: {why.Message}", why);

    private static Protos.Stored FromFiles(ImmutableArray<ReplicaFile> files)
    {
        Protos.Stored message = new();
        Dictionary<Cell, uint> cells = [];
        Dictionary<string, uint> sets = new(StringComparer.Ordinal);
        foreach (ReplicaFile file in files)
        {
            if (!cells.TryGetValue(file.Cell, out uint cell))
            {
                cells.Add(file.Cell, cell = (uint)message.Cells.Count);
                message.Cells.Add(FromCell(file.Cell));
            }

            Protos.ColumnSet set = new()
            {
                Tags = { file.Columns.Tags.Select(column => FromColumn(column, file.Columns)) },
                Fields = { file.Columns.Fields.Select(column => FromColumn(column, file.Columns)) },
            };
            string key = set.ToByteString().ToBase64();
            if (!sets.TryGetValue(key, out uint setIndex))
            {
                sets.Add(key, setIndex = (uint)message.ColumnSets.Count);
                message.ColumnSets.Add(set);
            }

            message.Leaves.Add(new Protos.StoredLeaf
            {
                Cell = cell,
                ColumnSet = setIndex,
                Incarnation = Bytes(file.Incarnation),
                Ordinal = file.Run.First.Value,
                Hash = ByteString.CopyFrom(file.Run.File.ToArray()),
                BytesLength = file.BytesLength,
                Rows = file.Rows,
                SeriesCount = file.SeriesCount,
                StartNanoseconds = file.Range.StartNanoseconds,
                EndNanoseconds = file.Range.EndNanoseconds,
                LeafHashes = file.Run.IsOwn ? ByteString.Empty : FromHashes(file.Run.Leaves),
                PurgedTo = file.Run.PurgedTo,
            });
        }

        return message;
    }

    private static ImmutableArray<ReplicaFile> ToFiles(Protos.Stored stored, bool areMerged)
    {
        Cell[] cells = [.. stored.Cells.Select(ToCell)];
        ColumnSet[] sets = [.. stored.ColumnSets.Select(ToColumnSet)];
        ReplicaFile[] files = new ReplicaFile[stored.Leaves.Count];
        for (int i = 0; i < files.Length; i++)
        {
            Protos.StoredLeaf leaf = stored.Leaves[i];
            if (leaf.Cell >= cells.Length || leaf.ColumnSet >= sets.Length || leaf.Ordinal < 1)
                throw new TsDbException(ErrorKind.Corrupt, $"leaf {i} of a catalog record refers to nothing");
            ContentHash hash = new(leaf.Hash.Span);
            files[i] = new ReplicaFile
            {
                Cell = cells[leaf.Cell],
                Incarnation = ToIncarnation(leaf.Incarnation),
                Run = new LeafRun(
                    hash, new Ordinal(leaf.Ordinal), areMerged ? ToHashes(leaf.LeafHashes.Span) : [hash])
                {
                    PurgedTo = leaf.PurgedTo,
                },
                BytesLength = leaf.BytesLength,
                Rows = leaf.Rows,
                SeriesCount = leaf.SeriesCount,
                Range = new TimeRange(leaf.StartNanoseconds, leaf.EndNanoseconds),
                Columns = sets[leaf.ColumnSet],
            };
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(files);
    }

    private static ByteString FromHashes(ImmutableArray<ContentHash> hashes)
    {
        byte[] bytes = new byte[hashes.Length * ContentHash.BytesLength];
        for (int i = 0; i < hashes.Length; i++) hashes[i].CopyTo(bytes.AsSpan(i * ContentHash.BytesLength));
        return ByteString.CopyFrom(bytes);
    }

    private static ImmutableArray<ContentHash> ToHashes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % ContentHash.BytesLength != 0)
            throw new TsDbException(ErrorKind.Corrupt, $"{bytes.Length} bytes are no hashes of leaves");
        ContentHash[] hashes = new ContentHash[bytes.Length / ContentHash.BytesLength];
        for (int i = 0; i < hashes.Length; i++)
            hashes[i] = new ContentHash(bytes.Slice(i * ContentHash.BytesLength, ContentHash.BytesLength));
        return ImmutableCollectionsMarshal.AsImmutableArray(hashes);
    }

    private static Protos.Cell FromCell(Cell cell) => new()
    {
        Database = cell.Table.Database,
        Table = cell.Table.Table,
        Edge = cell.Edge.Value,
        Day = cell.Day.Number,
    };

    private static Cell ToCell(Protos.Cell? cell) => cell is null
        ? throw new TsDbException(ErrorKind.Corrupt, "a catalog record names no cell")
        : new Cell(new TableId(cell.Database, cell.Table), new EdgeId(cell.Edge), new Day(cell.Day));

    private static Protos.Column FromColumn(Column column, ColumnSet set) => new()
    {
        Name = column.Name,
        Type = (uint)column.Type,
        NameInFile = set.NamesInFile.GetValueOrDefault(column.Name, ""),
        DecimalScalePlusOne =
            set.DecimalScales.TryGetValue(column.Name, out int scale) ? checked((uint)scale + 1) : 0,
    };

    private static ColumnSet ToColumnSet(Protos.ColumnSet set) => new(
        [.. set.Tags.Select(column => ToColumn(column, ColumnRole.Tag))],
        [.. set.Fields.Select(column => ToColumn(column, ColumnRole.Field))],
        set.Tags.Concat(set.Fields).Where(column => column.NameInFile.Length > 0)
            .ToImmutableSortedDictionary(column => column.Name, column =>
                column.NameInFile, StringComparer.Ordinal),
        set.Fields.Where(column => column.DecimalScalePlusOne > 0).ToImmutableSortedDictionary(
            column => column.Name, column =>
                checked((int)column.DecimalScalePlusOne - 1), StringComparer.Ordinal));

    private static Column ToColumn(Protos.Column column, ColumnRole role) => new(
        column.Name,
        role,
        Enum.IsDefined((FieldType)column.Type)
            ? (FieldType)column.Type
            : throw new TsDbException(
                ErrorKind.Corrupt, $"column '{column.Name}' has the unknown type {column.Type}"));

    private static ByteString Bytes(Incarnation incarnation) =>
        ByteString.CopyFrom(incarnation.Value.ToByteArray(bigEndian: true));

    private static Incarnation ToIncarnation(ByteString bytes) => new(new Guid(bytes.Span, bigEndian: true));
}
