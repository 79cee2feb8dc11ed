using System.Runtime.InteropServices;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>The part of DuckDB's C interface (duckdb.h) for aggregate and scalar functions; the binding
/// package lacks the former.</summary>
internal static unsafe partial class AggregateNative
{
    private const string Library = "duckdb";

    [LibraryImport(Library, EntryPoint = "duckdb_create_aggregate_function")]
    public static partial nint CreateAggregate();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_aggregate_function")]
    public static partial void DestroyAggregate(ref nint function);

    [LibraryImport(
        Library, EntryPoint = "duckdb_aggregate_function_set_name", StringMarshalling =
            StringMarshalling.Utf8)]
    public static partial void SetAggregateName(nint function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_add_parameter")]
    public static partial void AddAggregateParameter(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_return_type")]
    public static partial void SetAggregateResult(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_functions")]
    public static partial void SetAggregateFunctions(
        nint function,
        delegate* unmanaged[Cdecl]<nint, ulong> size,
        delegate* unmanaged[Cdecl]<nint, nint*, void> init,
        delegate* unmanaged[Cdecl]<nint, nint, nint**, void> update,
        delegate* unmanaged[Cdecl]<nint, nint**, nint**, ulong, void> combine,
        delegate* unmanaged[Cdecl]<nint, nint**, nint, ulong, ulong, void> finish);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_destructor")]
    public static partial void SetAggregateDestructor(
        nint function, delegate* unmanaged[Cdecl]<nint**, ulong, void> destroy);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_extra_info")]
    public static partial void SetAggregateInfo(
        nint function, nint info, delegate* unmanaged[Cdecl]<nint, void> destroy);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_get_extra_info")]
    public static partial nint GetAggregateInfo(nint info);

    [LibraryImport(
        Library, EntryPoint = "duckdb_aggregate_function_set_error", StringMarshalling =
            StringMarshalling.Utf8)]
    public static partial void SetAggregateError(nint info, string error);

    [LibraryImport(Library, EntryPoint = "duckdb_register_aggregate_function")]
    public static partial int RegisterAggregate(nint connection, nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_create_scalar_function")]
    public static partial nint CreateScalar();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_scalar_function")]
    public static partial void DestroyScalar(ref nint function);

    [LibraryImport(
        Library, EntryPoint = "duckdb_scalar_function_set_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetScalarName(nint function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_add_parameter")]
    public static partial void AddScalarParameter(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_return_type")]
    public static partial void SetScalarResult(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_function")]
    public static partial void SetScalarFunction(
        nint function, delegate* unmanaged[Cdecl]<nint, nint, nint, void> run);

    [LibraryImport(
        Library, EntryPoint = "duckdb_scalar_function_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetScalarError(nint info, string error);

    [LibraryImport(Library, EntryPoint = "duckdb_register_scalar_function")]
    public static partial int RegisterScalar(nint connection, nint function);
}
