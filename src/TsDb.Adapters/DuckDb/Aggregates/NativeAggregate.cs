using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>
/// An aggregate of ours inside DuckDB. A state is a managed object; DuckDB holds a handle to it. ORDER BY
/// inside a call must not reach it (<see cref="Query.Isolation.StatementGuard"/>): DuckDB 1.5 hands such
/// calls broken states.
/// </summary>
internal abstract unsafe class NativeAggregate(AggregateMemory memory)
{
    private int _columns;

    /// <summary>The name in SQL.</summary>
    public abstract string Name { get; }

    /// <summary>Makes the logical types of the parameters; the caller destroys them.</summary>
    protected abstract nint[] ParameterTypes();

    /// <summary>Makes the logical type of the result; the caller destroys it.</summary>
    protected abstract nint ResultType();

    /// <summary>Makes a state over no rows.</summary>
    protected abstract IAggregateState NewState();

    /// <summary>Writes the value of a state; no state came to be if there were no rows.</summary>
    protected abstract void Finish(IAggregateState? state, AggregateOutput output, int row);

    /// <summary>Makes the function known to the connection's database.</summary>
    public void Register(DuckDBConnection connection)
    {
        nint function = AggregateNative.CreateAggregate();
        nint[] types = [.. ParameterTypes(), ResultType()];
        try
        {
            _columns = types.Length - 1;
            AggregateNative.SetAggregateName(function, Name);
            foreach (nint type in types.AsSpan(..^1)) AggregateNative.AddAggregateParameter(function, type);
            AggregateNative.SetAggregateResult(function, types[^1]);
            AggregateNative.SetAggregateInfo(function, GCHandle.ToIntPtr(GCHandle.Alloc(this)), &Free);
            AggregateNative.SetAggregateFunctions(function, &Size, &Init, &Update, &Combine, &Finish);
            AggregateNative.SetAggregateDestructor(function, &Destroy);
            if (AggregateNative.RegisterAggregate(
                connection.NativeConnection.DangerousGetHandle(), function) != 0)
                throw new InvalidOperationException($"DuckDB refused the aggregate {Name}");
        }
        finally
        {
            for (int i = 0; i < types.Length; i++) DuckDbNative.DestroyLogicalType(ref types[i]);
            AggregateNative.DestroyAggregate(ref function);
        }
    }

    private static NativeAggregate Self(nint info) =>
        (NativeAggregate)GCHandle.FromIntPtr(AggregateNative.GetAggregateInfo(info)).Target!;

    private static IAggregateState? StateOf(nint* slot) =>
        *slot == 0 ? null : ((Held)GCHandle.FromIntPtr(*slot).Target!).State;

    private IAggregateState StateAt(nint* slot)
    {
        if (*slot == 0) *slot = GCHandle.ToIntPtr(GCHandle.Alloc(new Held(NewState(), memory)));
        return StateOf(slot)!;
    }

    private static void Account(nint* slot) => ((Held)GCHandle.FromIntPtr(*slot).Target!).Account();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint handle) => GCHandle.FromIntPtr(handle).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong Size(nint info) => (ulong)sizeof(nint);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(nint info, nint* slot) => *slot = 0;

    // No exception may pass into native code: each callback hands its text to DuckDB, which fails the query
    // with it.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Update(nint info, nint chunk, nint** slots)
    {
        try
        {
            NativeAggregate self = Self(info);
            AggregateInput input = new(chunk, self._columns);
            for (int row = 0; row < input.Rows; row++)
            {
                // Rows of one group often follow each other: what a state has grown is asked once for all of
                // them.
                self.StateAt(slots[row]).Add(input, row);
                if (row + 1 == input.Rows || slots[row + 1] != slots[row]) Account(slots[row]);
            }
        }
        catch (Exception error)
        {
            AggregateNative.SetAggregateError(info, error.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Combine(nint info, nint** sources, nint** targets, ulong count)
    {
        try
        {
            NativeAggregate self = Self(info);
            for (ulong i = 0; i < count; i++)
            {
                if (StateOf(sources[i]) is not { } source) continue;
                self.StateAt(targets[i]).Add(source);
                Account(targets[i]);
            }
        }
        catch (Exception error)
        {
            AggregateNative.SetAggregateError(info, error.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Finish(nint info, nint** slots, nint result, ulong count, ulong offset)
    {
        try
        {
            NativeAggregate self = Self(info);
            for (ulong i = 0; i < count; i++)
                self.Finish(StateOf(slots[i]), new AggregateOutput(result), (int)(offset + i));
        }
        catch (Exception error)
        {
            AggregateNative.SetAggregateError(info, error.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(nint** slots, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (*slots[i] == 0) continue;
            GCHandle handle = GCHandle.FromIntPtr(*slots[i]);
            ((Held)handle.Target!).Release();
            handle.Free();
            *slots[i] = 0;
        }
    }

    // A state with what it was accounted for.
    private sealed class Held(IAggregateState state, AggregateMemory memory)
    {
        private const long GrainBytes = 4_096;
        private long _accounted;

        public IAggregateState State => state;

        public void Account()
        {
            long grown = state.BytesInMemory - _accounted;
            if (grown < GrainBytes) return;
            _accounted += grown;
            memory.Grow(grown);
        }

        public void Release() => memory.Shrink(_accounted);
    }
}
