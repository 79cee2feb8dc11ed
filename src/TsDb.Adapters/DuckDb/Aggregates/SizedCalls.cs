using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>
/// Functions that answer one of their arguments as it is, or fail if what is made with it would be too large:
/// some of the engine's functions make a value as long as a number says, in memory that it does not account
/// for and in one go that nothing interrupts. <see cref="SqlMacros"/> puts these in front of them.
/// </summary>
internal static unsafe class SizedCalls
{
    /// <summary>What one call may make for one block of up to 2,048 rows, in bytes.</summary>
    public const long BytesMax = 64 << 20;

    private const int BigInt = 5;
    private const int Timestamp = 12;
    private const int Interval = 15;
    private const int Text = 17;
    private const int TimestampTz = 31;
    private const int ElementBytes = 8;

    /// <summary>Makes them known to the connection's database.</summary>
    public static void Register(DuckDBConnection connection)
    {
        nint native = connection.NativeConnection.DangerousGetHandle();
        Register(native, "tsdb_sized", [BigInt, BigInt], BigInt, &RunSized);
        Register(native, "tsdb_steps", [BigInt, BigInt, BigInt], BigInt, &RunSteps);
        Register(native, "tsdb_steps", [Timestamp, Timestamp, Interval], Timestamp, &RunMoments);
        Register(native, "tsdb_steps", [TimestampTz, TimestampTz, Interval], TimestampTz, &RunMoments);
        Register(native, "tsdb_format", [Text], Text, &RunFormat);
        Register(native, "tsdb_printf", [Text], Text, &RunPrintf);
    }

    private static void Register(
        nint connection, string name, int[] parameters, int answer,
        delegate* unmanaged[Cdecl]<nint, nint, nint, void> run)
    {
        nint function = AggregateNative.CreateScalar();
        nint[] types = [.. parameters.Append(answer).Select(DuckDbNative.CreateLogicalType)];
        try
        {
            AggregateNative.SetScalarName(function, name);
            foreach (nint type in types.AsSpan(..^1)) AggregateNative.AddScalarParameter(function, type);
            AggregateNative.SetScalarResult(function, types[^1]);
            AggregateNative.SetScalarFunction(function, run);
            if (AggregateNative.RegisterScalar(connection, function) != 0)
                throw new InvalidOperationException($"DuckDB refused {name}");
        }
        finally
        {
            for (int i = 0; i < types.Length; i++) DuckDbNative.DestroyLogicalType(ref types[i]);
            AggregateNative.DestroyScalar(ref function);
        }
    }

    // (bytes of each, count): the count.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunSized(nint info, nint chunk, nint result) => Pass(
        info, chunk, result, 2, 1, static (ref readonly AggregateInput input, int row) =>
            (double)input.Values<long>(0)[row] * input.Values<long>(1)[row]);

    // (start, stop, step): the stop.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunSteps(nint info, nint chunk, nint result) => Pass(
        info, chunk, result, 3, 1, static (ref readonly AggregateInput input, int row) => Steps(
            input.Values<long>(0)[row], input.Values<long>(1)[row], input.Values<long>(2)[row]));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunMoments(nint info, nint chunk, nint result) => Pass(
        info, chunk, result, 3, 1, static (ref readonly AggregateInput input, int row) => Steps(
            input.Values<long>(0)[row], input.Values<long>(1)[row],
            input.Values<Width>(2)[row].Microseconds));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunFormat(nint info, nint chunk, nint result) =>
        PassText(info, chunk, result, FormatWidths.OfFormat);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunPrintf(nint info, nint chunk, nint result) =>
        PassText(info, chunk, result, FormatWidths.OfPrintf);

    // Away from the stop there is no step, and none of a step that is none: the engine says what it thinks.
    private static double Steps(long start, long stop, double step)
    {
        double steps = step == 0 ? 0 : ((double)stop - start) / step;
        return steps * ElementBytes;
    }

    private static void Pass(
        nint info, nint chunk, nint result, int columns, int passed, BytesOfRow bytesOf)
    {
        try
        {
            AggregateInput input = new(chunk, columns);
            AggregateOutput output = new(result);
            double bytes = 0;
            for (int row = 0; row < input.Rows; row++)
            {
                if (!input.Has(row, columns))
                {
                    output.SetNull(row);
                    continue;
                }

                bytes += Math.Max(0, bytesOf(in input, row));
                output.Set(row, input.Values<long>(passed)[row]);
            }

            RequireRoom(bytes);
        }
        catch (Exception error)
        {
            AggregateNative.SetScalarError(info, error.Message);
        }
    }

    private static void PassText(nint info, nint chunk, nint result, BytesOfText bytesOf)
    {
        try
        {
            AggregateInput input = new(chunk, 1);
            AggregateOutput output = new(result);
            double bytes = 0;
            for (int row = 0; row < input.Rows; row++)
            {
                if (!input.Has(row, 1))
                {
                    output.SetNull(row);
                    continue;
                }

                ReadOnlySpan<byte> text = input.Bytes(0, row);
                bytes += bytesOf(text);
                output.Set(row, text);
            }

            RequireRoom(bytes);
        }
        catch (Exception error)
        {
            AggregateNative.SetScalarError(info, error.Message);
        }
    }

    private static void RequireRoom(double bytes)
    {
        if (bytes <= BytesMax) return;
        throw new InvalidOperationException(
            $"a function would make {bytes:0} bytes at once, more than {BytesMax}: ask for shorter texts and "
            + "lists; FROM range(...) and FROM generate_series(...) give any number of rows");
    }

    private delegate double BytesOfRow(ref readonly AggregateInput input, int row);

    private delegate double BytesOfText(ReadOnlySpan<byte> text);

    /// <summary>An INTERVAL as the engine holds it; a month counts as 30 days.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Width
    {
        private const double MicrosecondsOfDay = 86_400_000_000;
        private readonly int _months;
        private readonly int _days;
        private readonly long _microseconds;

        public double Microseconds => (((_months * 30.0) + _days) * MicrosecondsOfDay) + _microseconds;
    }
}
