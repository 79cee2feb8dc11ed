using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using TsDb.Query.Functions;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>
/// time_bucket of TIMESTAMP_NS: DuckDB's own has none, casts to microseconds and cuts times before 1970 the
/// wrong way. These join the engine's overloads. tsdb_local_bucket is for times that a clock of a zone shows.
/// </summary>
internal static unsafe class TimeBuckets
{
    private const int Interval = 15;
    private const int TimestampNs = 22;

    /// <summary>Makes them known to the connection's database.</summary>
    public static void Register(DuckDBConnection connection)
    {
        Register(connection, "time_bucket", [Interval, TimestampNs], &Run);
        Register(connection, "time_bucket", [Interval, TimestampNs, TimestampNs], &RunFrom);
        Register(connection, "time_bucket", [Interval, TimestampNs, Interval], &RunShifted);
        Register(connection, "tsdb_local_bucket", [Interval, TimestampNs], &RunLocal);
    }

    private static void Register(
        DuckDBConnection connection, string name, int[] parameters,
        delegate* unmanaged[Cdecl]<nint, nint, nint, void> run)
    {
        nint function = AggregateNative.CreateScalar();
        nint[] types = [.. parameters.Append(TimestampNs).Select(DuckDbNative.CreateLogicalType)];
        try
        {
            AggregateNative.SetScalarName(function, name);
            foreach (nint type in types.AsSpan(..^1)) AggregateNative.AddScalarParameter(function, type);
            AggregateNative.SetScalarResult(function, types[^1]);
            AggregateNative.SetScalarFunction(function, run);
            if (AggregateNative.RegisterScalar(
                connection.NativeConnection.DangerousGetHandle(), function) != 0)
                throw new InvalidOperationException($"DuckDB refused {name} of nanoseconds");
        }
        finally
        {
            for (int i = 0; i < types.Length; i++) DuckDbNative.DestroyLogicalType(ref types[i]);
            AggregateNative.DestroyScalar(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(nint info, nint chunk, nint result) => Fill(info, chunk, result, Origin.Default);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunFrom(nint info, nint chunk, nint result) => Fill(info, chunk, result, Origin.Time);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunShifted(nint info, nint chunk, nint result) => Fill(
        info, chunk, result, Origin.Offset);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunLocal(nint info, nint chunk, nint result) => Fill(
        info, chunk, result, Origin.Local);

    private static void Fill(nint info, nint chunk, nint result, Origin origin)
    {
        try
        {
            int columns = origin is Origin.Default or Origin.Local ? 2 : 3;
            AggregateInput input = new(chunk, columns);
            AggregateOutput output = new(result);
            ReadOnlySpan<BucketWidth> widths = input.Values<BucketWidth>(0);
            ReadOnlySpan<long> times = input.Values<long>(1);
            for (int row = 0; row < input.Rows; row++)
            {
                // DuckDB calls with all rows; what a NULL holds is anything.
                if (!input.Has(row, columns) || IsInfinite(times[row]))
                {
                    output.SetNull(row);
                    continue;
                }

                output.Set(row, origin switch
                {
                    Origin.Default => widths[row].Start(times[row]),
                    Origin.Local => widths[row].LocalStart(times[row]),
                    Origin.Time => widths[row].Start(times[row], input.Values<long>(2)[row]),
                    _ => widths[row].StartShifted(times[row], input.Values<BucketWidth>(2)[row]),
                });
            }
        }
        catch (Exception error)
        {
            AggregateNative.SetScalarError(info, error.Message);
        }
    }

    private static bool IsInfinite(long time) => time is long.MaxValue or -long.MaxValue;

    private enum Origin
    {
        Default,
        Local,
        Time,
        Offset,
    }
}
