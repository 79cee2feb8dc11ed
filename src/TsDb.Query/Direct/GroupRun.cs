namespace TsDb.Query.Direct;

/// <summary>Neighbouring rows of a block that belong to one group.</summary>
internal readonly record struct GroupRun(int Start, int End, int Group);
