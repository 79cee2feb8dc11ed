using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>Reads segments whose rows must be merged with others before a query sees them.</summary>
public static class SegmentRows
{
    /// <summary>Opens a segment's file.</summary>
    public static Stream Open(SegmentRef segment) => File.OpenRead(segment.Path);

    /// <summary>The rows of a segment in a window, or null if it has none there.</summary>
    /// <param name="segment">The file.</param>
    /// <param name="fields">Names of the fields that are needed; null for all.</param>
    /// <param name="window">Times to return.</param>
    public static TableBatch? Read(SegmentRef segment, IReadOnlySet<string>? fields, TimeRange window)
    {
        try
        {
            using Stream file = Open(segment);
            using SegmentReader reader = SegmentReader.Open(file, segment.Path);
            SortedRun run = reader.Read(fields, window);
            return run.RowCount == 0 ? null : run.Batch;
        }
        catch (IOException error)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"segment {segment.Path} cannot be read: {error.Message}", error);
        }
    }
}
