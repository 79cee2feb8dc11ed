using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// The table function through which DuckDB reads rows that lie in memory: <c>tsdb_rows(n)</c> scans the
/// source that was registered as number n. It copies only the columns that the query needs, and threads take
/// slices by a counter. DuckDB's own arrow scan is not used: it mishandles pushed-down filters and
/// projections (DESIGN: traps).
/// </summary>
internal sealed unsafe class RowFunction
{
    /// <summary>The function's name in SQL.</summary>
    public const string Name = "tsdb_rows";

    private readonly ConcurrentDictionary<long, IRowSource> _sources = new();
    private long _lastNumber;

    /// <summary>Makes the function known to the connection's database.</summary>
    public void Register(DuckDBConnection connection)
    {
        nint function = DuckDbNative.CreateTableFunction();
        nint bigInt = DuckDbNative.CreateLogicalType(ArrowTypes.BigInt);
        try
        {
            DuckDbNative.SetName(function, Name);
            DuckDbNative.AddParameter(function, bigInt);
            DuckDbNative.SetExtraInfo(function, Handle(this), &Free);
            DuckDbNative.SetBind(function, &Bind);
            DuckDbNative.SetInit(function, &Init);
            DuckDbNative.SetLocalInit(function, &LocalInit);
            DuckDbNative.SetFunction(function, &Fill);
            DuckDbNative.SupportsProjectionPushdown(function, true);
            if (DuckDbNative.RegisterTableFunction(
                connection.NativeConnection.DangerousGetHandle(), function) != 0)
                throw new InvalidOperationException("DuckDB refused the table function for rows in memory");
        }
        finally
        {
            DuckDbNative.DestroyLogicalType(ref bigInt);
            DuckDbNative.DestroyTableFunction(ref function);
        }
    }

    /// <summary>Gives the source a number for SQL.</summary>
    public long Add(IRowSource source)
    {
        long number = Interlocked.Increment(ref _lastNumber);
        _sources[number] = source;
        return number;
    }

    /// <summary>Forgets a source once no query reads it.</summary>
    public void Remove(long number) => _sources.TryRemove(number, out _);

    private static nint Handle(object value) => GCHandle.ToIntPtr(GCHandle.Alloc(value));

    private static T Target<T>(nint handle)
        where T : class => (T)GCHandle.FromIntPtr(handle).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint handle) => GCHandle.FromIntPtr(handle).Free();

    // No exception may pass into native code: each callback hands its text to DuckDB, which fails the query
    // with it.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint info)
    {
        try
        {
            RowFunction self = Target<RowFunction>(DuckDbNative.BindGetExtraInfo(info));
            nint value = DuckDbNative.BindGetParameter(info, 0);
            long number = DuckDbNative.GetInt64(value);
            DuckDbNative.DestroyValue(ref value);
            if (!self._sources.TryGetValue(number, out IRowSource? source))
                throw new TsDbException(ErrorKind.Invalid, $"{Name}({number}) is not a source of this query");
            foreach (Apache.Arrow.Field column in source.Columns)
            {
                nint type = ArrowTypes.LogicalType(column.DataType);
                DuckDbNative.BindAddResultColumn(info, column.Name, type);
                DuckDbNative.DestroyLogicalType(ref type);
            }

            if (source.RowCount is { } rows)
                DuckDbNative.BindSetCardinality(info, (ulong)rows, isExact: true);
            DuckDbNative.BindSetData(info, Handle(source), &Free);
        }
        catch (Exception error)
        {
            DuckDbNative.BindSetError(info, error.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(nint info)
    {
        try
        {
            IRowSource source = Target<IRowSource>(DuckDbNative.InitGetBindData(info));
            int[] columns = new int[(int)DuckDbNative.InitGetColumnCount(info)];
            for (int i = 0; i < columns.Length; i++)
            {
                // count(*) needs no column and asks for a virtual one, whose number is beyond the real ones.
                ulong column = DuckDbNative.InitGetColumnIndex(info, (ulong)i);
                columns[i] = column < (ulong)source.Columns.Count ? (int)column : -1;
            }

            DuckDbNative.InitSetMaxThreads(info, (ulong)source.ThreadsMax);
            DuckDbNative.InitSetData(info, Handle(new Scan(source, columns)), &Free);
        }
        catch (Exception error)
        {
            DuckDbNative.InitSetError(info, error.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void LocalInit(nint info) => DuckDbNative.InitSetData(info, Handle(new Position()), &Free);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Fill(nint info, nint chunk)
    {
        try
        {
            Scan scan = Target<Scan>(DuckDbNative.FunctionGetInitData(info));
            Position position = Target<Position>(DuckDbNative.FunctionGetLocalInitData(info));
            DuckDbNative.ChunkSetSize(chunk, (ulong)scan.FillNext(position, chunk));
        }
        catch (Exception error)
        {
            DuckDbNative.FunctionSetError(info, error.Message);
        }
    }

    // Where one thread is inside the share that it took.
    private sealed class Position
    {
        public RowShare? Share { get; set; }

        public int Done { get; set; }
    }

    // One scan of a source by all threads of a query.
    private sealed class Scan(IRowSource source, int[] columns)
    {
        private readonly IRowScan _rows = source.BeginScan();

        public int FillNext(Position position, nint chunk)
        {
            if (position.Share is null || position.Done == position.Share.Count)
                (position.Share, position.Done) = (NextShare(), 0);
            if (position.Share is not { } share) return 0;
            int count = Math.Min(RowSource.VectorRows, share.Count - position.Done);
            for (int i = 0; i < columns.Length; i++)
            {
                if (columns[i] < 0) continue;
                nint vector = DuckDbNative.ChunkGetVector(chunk, (ulong)i);
                share.Feed(columns[i]).Fill(vector, share.Start + position.Done, count);
            }

            position.Done += count;
            return count;
        }

        // An empty chunk would mean the end, so shares without rows are passed over.
        private RowShare? NextShare()
        {
            RowShare? share = _rows.Next();
            while (share is { Count: 0 }) share = _rows.Next();
            return share;
        }
    }
}
