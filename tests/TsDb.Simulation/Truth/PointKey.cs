namespace TsDb.Simulation.Truth;

/// <summary>What makes two writes to one edge the same point.</summary>
internal readonly record struct PointKey(string Table, string Host, long Time);
