namespace TsDb.Query.Direct;

/// <summary>A name as written.</summary>
internal readonly record struct DirectName(string Text, bool IsQuoted);
