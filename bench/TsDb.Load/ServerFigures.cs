namespace TsDb.Load;

/// <summary>What a load cost a server.</summary>
/// <param name="RowsPerCpuSecond">Rows by its processor time, until it was flushed and idle.</param>
/// <param name="RowsPerSecond">Rows by the time until the last answer.</param>
/// <param name="MedianMilliseconds">From a request to its answer, all connections busy.</param>
/// <param name="P99Milliseconds">The same for all but one in a hundred.</param>
/// <param name="PeakBytes">Highest resident memory.</param>
/// <param name="StartBytes">Highest resident memory before the load.</param>
internal sealed record ServerFigures(
    double RowsPerCpuSecond, double RowsPerSecond, double MedianMilliseconds, double P99Milliseconds,
    long PeakBytes, long StartBytes);
