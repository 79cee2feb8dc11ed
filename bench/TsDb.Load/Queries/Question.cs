namespace TsDb.Load.Queries;

/// <summary>One question, in the words of each server.</summary>
/// <param name="Type">Its type in the Time Series Benchmark Suite.</param>
/// <param name="Sql">For this database and DuckDB.</param>
/// <param name="InfluxQl">For InfluxDB 1.</param>
/// <param name="Metrics">For VictoriaMetrics: the nearest form; its windows differ slightly.</param>
internal sealed record Question(string Type, string Sql, string InfluxQl, MetricsQuestion Metrics);
