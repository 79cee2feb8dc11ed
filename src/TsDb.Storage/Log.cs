using Microsoft.Extensions.Logging;

namespace TsDb.Storage;

/// <summary>Every log line of the store (2000 to 2099).</summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Cut {Files} log files behind commit {Covered}")]
    public static partial void LogCut(ILogger log, int files, ulong covered);

    [LoggerMessage(
        2002, LogLevel.Warning, "The refused tail of {Path} could not be cut; it will be left out on replay")]
    public static partial void LogTailKept(ILogger log, string path, Exception e);

    [LoggerMessage(2003, LogLevel.Information,
        "{Path}: torn tail at {Offset}, {Bytes} bytes of a write that never ended")]
    public static partial void LogTailTorn(ILogger log, string path, long offset, long bytes);

    [LoggerMessage(
        2004, LogLevel.Information, "Left out commit {Sequence}: it was refused when it was written")]
    public static partial void LogFrameRefused(ILogger log, ulong sequence);

    [LoggerMessage(
        2005, LogLevel.Information, "Edge {Edge} ({Incarnation}): {Rows} rows replayed, {Segments} segments")]
    public static partial void Opened(ILogger log, string edge, string incarnation, long rows, int segments);

    [LoggerMessage(2006, LogLevel.Error, "Commit group of {Requests} requests failed; they were refused")]
    public static partial void CommitFailed(ILogger log, int requests, Exception e);

    [LoggerMessage(2007, LogLevel.Warning, "Writes are refused: {Reason}")]
    public static partial void WritesRefused(ILogger log, string reason);

    [LoggerMessage(2008, LogLevel.Information, "Writes are taken again")]
    public static partial void WritesTaken(ILogger log);

    [LoggerMessage(2009, LogLevel.Information,
        "Sealed {Rows} rows into {Segments} segments ({Bytes} bytes), commit {Covered}")]
    public static partial void Sealed(ILogger log, long rows, int segments, long bytes, ulong covered);

    [LoggerMessage(2010, LogLevel.Error, "Seal failed; it is tried again")]
    public static partial void SealFailed(ILogger log, Exception e);

    [LoggerMessage(2011, LogLevel.Information,
        "Removed {Path}, which the catalog does not name: its rows are in the log, or in other segments")]
    public static partial void OrphanRemoved(ILogger log, string path);

    [LoggerMessage(2018, LogLevel.Error,
        "{Files} files that the catalog does not name were left alone ({Path} is one): it may be older than "
        + "they are, as a segment that it names is missing, or the log has nothing of what they hold")]
    public static partial void OrphansKept(ILogger log, int files, string path);

    [LoggerMessage(2017, LogLevel.Error,
        "Segment {Path} was set aside: {Reason}. Put the file back and start again")]
    public static partial void SegmentMissing(ILogger log, string path, string reason);

    [LoggerMessage(2019, LogLevel.Error,
        "Segment {Path} was set aside: {Reason}. Put the file back from a backup; queries that need it fail")]
    public static partial void SegmentDamaged(ILogger log, string path, string reason);

    [LoggerMessage(2020, LogLevel.Information, "Segment {Path} is whole again")]
    public static partial void SegmentBack(ILogger log, string path);

    [LoggerMessage(2021, LogLevel.Warning, "The damaged file {Path} could not be renamed")]
    public static partial void NotRenamed(ILogger log, string path, Exception e);

    [LoggerMessage(2012, LogLevel.Warning, "Could not delete {Path}; it is tried again later")]
    public static partial void DeleteFailed(ILogger log, string path, Exception e);

    [LoggerMessage(2013, LogLevel.Critical, "The store's writer stopped")]
    public static partial void WriterStopped(ILogger log, Exception e);

    [LoggerMessage(
        2014, LogLevel.Warning, "A catalog record could not be written; the catalog is rewritten first")]
    public static partial void CatalogFailed(ILogger log, Exception e);

    [LoggerMessage(2016, LogLevel.Error, "A request cannot be stored; it was refused")]
    public static partial void RequestBroken(ILogger log, Exception e);

    [LoggerMessage(2022, LogLevel.Information, "Replaying {Bytes} bytes of log in {Files} files")]
    public static partial void LogReplaying(ILogger log, long bytes, int files);

    [LoggerMessage(2015, LogLevel.Information, "Retention dropped {Segments} segments ({Bytes} bytes)")]
    public static partial void Expired(ILogger log, int segments, long bytes);
}
