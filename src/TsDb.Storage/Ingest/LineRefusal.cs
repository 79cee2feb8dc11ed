namespace TsDb.Storage.Ingest;

/// <summary>One refused line or point of a request.</summary>
/// <param name="LineNumber">Its first line, counted from 1; of points in JSON their place, counted from
/// 1.</param>
/// <param name="Offset">The byte of the body where the trouble is.</param>
/// <param name="Kind">What the rules of a dialect go by.</param>
/// <param name="Reason">Why, in the words of the dialect.</param>
/// <param name="Line">The line as written, cut if it is long.</param>
public sealed record LineRefusal(long LineNumber, int Offset, RefusalKind Kind, string Reason, string Line);
