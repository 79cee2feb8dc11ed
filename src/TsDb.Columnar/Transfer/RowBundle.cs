using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Several small segments in one travelling form: what is learnt of a table's columns on one serves for the
/// next, and a segment without a reference is told off the one before it of the same table. Otherwise as
/// <see cref="RowForm"/>, whose version it has.
/// </summary>
public static class RowBundle
{
    /// <summary>Largest sum of the files of one bundle.</summary>
    public const int FileBytesMax = 1 << 20;

    // A few bytes can stand for many rows: it bounds the work that a message makes.
    private const long WordsMax = RowWalk.WordsMax;

    /// <summary>Most segments of one bundle.</summary>
    public const int SegmentsMax = 256;

    /// <summary>
    /// The travelling form of some files; null if one of them has none. What is returned was rebuilt and
    /// compared. Throws <see cref="ErrorKind.Corrupt"/> if a file is damaged.
    /// </summary>
    /// <param name="segments">The files, each with its reference's file (empty for none).</param>
    /// <param name="options">What the files were written with; null for the default.</param>
    public static byte[]? TryEncode(
        IReadOnlyList<(ReadOnlyMemory<byte> File, ReadOnlyMemory<byte> Reference)> segments,
        SegmentOptions? options = null)
    {
        options ??= SegmentOptions.Default;
        if (segments.Count > SegmentsMax || segments.Sum(s => (long)s.File.Length) > FileBytesMax)
            return null;
        ByteSink texts = new();
        ByteSink numbers = new();
        RangeEncoder coder = new(numbers);
        TextStream stream = new(texts);
        Dictionary<TableId, Learnt> tables = [];
        List<(SegmentFacts, ReadOnlyMemory<byte>)> told = [];
        long words = 0;
        foreach ((ReadOnlyMemory<byte> file, ReadOnlyMemory<byte> reference) in segments)
        {
            (SortedRun run, SegmentManifest manifest) = RowForm.Read(file);
            if (!RowWalk.Fits(run.RowCount, manifest.Fields.Length)) return null;
            words += (long)run.RowCount * (1 + manifest.Fields.Length);
            if (words > WordsMax) return null;
            SegmentFacts facts = new(manifest.Cell, manifest.Incarnation, manifest.Ordinals);
            Learnt learnt = Of(tables, facts);
            LooseRows? before = learnt.Before(reference);
            RowWalk walk = new(before, stream, facts.Cell.Day.Range.StartNanoseconds, learnt.Models);
            learnt.Last = walk.Code(ref coder, LooseRows.Of(run, before));
            told.Add((facts, reference));
        }

        coder.Finish();
        byte[] form = RowForm.Assemble(options, texts, numbers);
        IReadOnlyList<ReadOnlyMemory<byte>> rebuilt = Decode(form, told);
        for (int i = 0; i < rebuilt.Count; i++)
        {
            if (!rebuilt[i].Span.SequenceEqual(segments[i].File.Span)) return null;
        }

        return form;
    }

    /// <summary>
    /// The files again, in their order. Throws <see cref="ErrorKind.Corrupt"/> if the bytes are no such form,
    /// <see cref="ErrorKind.Invalid"/> if it is of another version. That they are those meant, their hashes
    /// have to tell.
    /// </summary>
    /// <param name="form">The travelling form.</param>
    /// <param name="segments">What each is, with its reference's file (empty for none).</param>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Decode(
        ReadOnlyMemory<byte> form,
        IReadOnlyList<(SegmentFacts Facts, ReadOnlyMemory<byte> Reference)> segments)
    {
        if (segments.Count > SegmentsMax) throw Damage.Found($"a bundle of {segments.Count} segments");
        ByteSource source = new(form.Span);
        (SegmentOptions options, byte[] texts) = RowForm.Start(ref source);
        RangeDecoder coder = new(source.Rest);
        TextStream stream = new(texts);
        Dictionary<TableId, Learnt> tables = [];
        List<ReadOnlyMemory<byte>> files = [];
        (long bytes, long words) = (0, 0);
        foreach ((SegmentFacts facts, ReadOnlyMemory<byte> reference) in segments)
        {
            Learnt learnt = Of(tables, facts);
            LooseRows? before = learnt.Before(reference);
            RowWalk walk = new(before, stream, facts.Cell.Day.Range.StartNanoseconds, learnt.Models);
            LooseRows rows = walk.Code(ref coder, written: null);
            learnt.Last = rows;
            words += (long)rows.Times.Length * (1 + rows.Fields.Count);
            if (words > WordsMax) throw Damage.Found($"a bundle of more than {WordsMax} values");
            files.Add(RowForm.Write(rows, facts, options));
            bytes += files[^1].Length;
            if (bytes > FileBytesMax) throw Damage.Found($"a bundle of more than {FileBytesMax} bytes");
        }

        return files;
    }

    private static Learnt Of(Dictionary<TableId, Learnt> tables, SegmentFacts facts)
    {
        if (!tables.TryGetValue(facts.Cell.Table, out Learnt? learnt))
            tables.Add(facts.Cell.Table, learnt = new Learnt());
        return learnt;
    }

    private sealed class Learnt
    {
        public RowModels Models { get; } = new();

        public LooseRows? Last { get; set; }

        public LooseRows? Before(ReadOnlyMemory<byte> reference) => reference.IsEmpty
            ? Last : LooseRows.Of(RowForm.Read(reference).Run, reference: null);
    }
}
