namespace TsDb.Cli.Writing;

/// <summary>Whole lines of line protocol and how many points they hold.</summary>
internal readonly record struct LineBatch(ReadOnlyMemory<byte> Lines, int LineCount);
