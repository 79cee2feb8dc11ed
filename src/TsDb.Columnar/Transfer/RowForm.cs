using TsDb.Columnar.Parquet;
using TsDb.Model;
using ZstdSharp;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Segments as they travel: not the file, but its rows, as what they are off an earlier segment of the same
/// cell (the reference) or off each other. The receiver writes the file anew: the same rows, facts and
/// options give the same bytes, which the hash of the file proves. FORMAT.md describes the bytes.
/// </summary>
public static class RowForm
{
    /// <summary>The version of the form; it rises with whatever changes the bytes of a segment,
    /// too.</summary>
    public const int Version = 2;

    /// <summary>Largest file that is taken apart; larger ones are small by themselves.</summary>
    public const int FileBytesMax = 1 << 20;

    /// <summary>Largest file that serves as a reference.</summary>
    public const int ReferenceBytesMax = 256 << 10;

    private const int TextLevel = 9;
    private const int TextBytesMax = 64 << 20;

    /// <summary>
    /// The travelling form of a file; null if it has none: it is too large, it was written by other rules
    /// than those of now, or nothing is gained. What is returned was rebuilt and compared. Throws
    /// <see cref="ErrorKind.Corrupt"/> if a file is damaged.
    /// </summary>
    /// <param name="file">The segment file.</param>
    /// <param name="reference">The reference's file; empty for none.</param>
    /// <param name="options">What the file was written with; null for the default.</param>
    public static byte[]? TryEncode(
        ReadOnlyMemory<byte> file, ReadOnlyMemory<byte> reference, SegmentOptions? options = null)
    {
        if (file.Length > FileBytesMax) return null;
        options ??= SegmentOptions.Default;
        (SortedRun run, SegmentManifest manifest) = Read(file);
        if (!RowWalk.Fits(run.RowCount, manifest.Fields.Length)) return null;
        LooseRows? before = reference.IsEmpty ? null : LooseRows.Of(Read(reference).Run, reference: null);
        ByteSink texts = new();
        ByteSink numbers = new();
        RangeEncoder coder = new(numbers);
        RowWalk walk = new(
            before, new TextStream(texts), manifest.Cell.Day.Range.StartNanoseconds, new RowModels());
        walk.Code(ref coder, LooseRows.Of(run, before));
        coder.Finish();
        byte[] form = Assemble(options, texts, numbers);
        SegmentFacts facts = new(manifest.Cell, manifest.Incarnation, manifest.Ordinals);
        return form.Length < file.Length && Decode(form, reference, facts).Span.SequenceEqual(file.Span)
            ? form
            : null;
    }

    /// <summary>
    /// The file again, if the reference is the one it was encoded with. Throws
    /// <see cref="ErrorKind.Corrupt"/> if the bytes are no such form, <see cref="ErrorKind.Invalid"/> if the
    /// form is of another version. That the file is the one meant, its hash has to tell.
    /// </summary>
    /// <param name="form">The travelling form.</param>
    /// <param name="reference">The reference's file; empty for none.</param>
    /// <param name="facts">Cell, incarnation and ordinal of the file.</param>
    public static ReadOnlyMemory<byte> Decode(
        ReadOnlyMemory<byte> form, ReadOnlyMemory<byte> reference, SegmentFacts facts)
    {
        ByteSource source = new(form.Span);
        (SegmentOptions options, byte[] texts) = Start(ref source);
        LooseRows? before = reference.IsEmpty ? null : LooseRows.Of(Read(reference).Run, reference: null);
        RangeDecoder coder = new(source.Rest);
        RowWalk walk = new(
            before, new TextStream(texts), facts.Cell.Day.Range.StartNanoseconds, new RowModels());
        return Write(walk.Code(ref coder, written: null), facts, options);
    }

    /// <summary>What a form begins with: the version, which is compared, options and texts.</summary>
    internal static (SegmentOptions Options, byte[] Texts) Start(ref ByteSource source)
    {
        FormatVersion.Require("the row form of a shipment", source.ReadByte(), Version, Version);
        SegmentOptions options = Options(source.ReadVarint(), source.ReadVarint());
        return (options, Texts(ref source));
    }

    /// <summary>The file of some rows.</summary>
    internal static ReadOnlyMemory<byte> Write(LooseRows rows, SegmentFacts facts, SegmentOptions options)
    {
        using MemoryStream file = new();
        SegmentWriter.Write(rows.ToRun(facts.Cell.Table), facts, file, options);
        return file.GetBuffer().AsMemory(0, (int)file.Length);
    }

    internal static (SortedRun Run, SegmentManifest Manifest) Read(ReadOnlyMemory<byte> file)
    {
        using MemoryStream stream = new(file.ToArray(), writable: false);
        using SegmentReader reader = SegmentReader.Open(stream);
        return (reader.Read(), reader.Manifest);
    }

    internal static byte[] Assemble(SegmentOptions options, ByteSink texts, ByteSink numbers)
    {
        ByteSink form = new();
        form.Write((byte)Version);
        form.WriteVarint((ulong)options.ZstdLevel);
        form.WriteVarint((ulong)options.RowGroupRowsMax);
        form.WriteVarint((ulong)texts.Length);
        if (texts.Length > 0)
        {
            using Compressor zstd = new(TextLevel);
            ReadOnlySpan<byte> compressed = zstd.Wrap(texts.Written);
            bool pays = compressed.Length < texts.Length;
            form.WriteVarint(pays ? (ulong)compressed.Length : 0);
            form.Write(pays ? compressed : texts.Written);
        }

        form.Write(numbers.Written);
        return form.Written.ToArray();
    }

    private static byte[] Texts(ref ByteSource source)
    {
        int length = source.ReadCount(TextBytesMax);
        if (length == 0) return [];
        int compressed = source.ReadCount(length);
        if (compressed == 0) return source.Take(length).ToArray();
        byte[] texts = new byte[length];
        try
        {
            using Decompressor zstd = new();
            if (zstd.TryUnwrap(source.Take(compressed), texts, out int written) && written == length)
                return texts;
        }
        catch (ZstdException broken)
        {
            throw new TsDbException(ErrorKind.Corrupt, "the texts are damaged: " + broken.Message, broken);
        }

        throw Damage.Found("the texts are not as long as stated");
    }

    private static SegmentOptions Options(ulong level, ulong rowGroupRows)
    {
        if (level is < 1 or > 19 || rowGroupRows is < 1 or > SegmentOptions.RowGroupRowsLimit)
            throw Damage.Found($"zstd level {level}, row groups of {rowGroupRows}");
        return new SegmentOptions { ZstdLevel = (int)level, RowGroupRowsMax = (int)rowGroupRows };
    }
}
