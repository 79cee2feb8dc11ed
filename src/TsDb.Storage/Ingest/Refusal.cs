namespace TsDb.Storage.Ingest;

/// <summary>Why the point at hand is refused, before its line is known.</summary>
internal sealed record Refusal(RefusalKind Kind, string Reason, int Offset);
