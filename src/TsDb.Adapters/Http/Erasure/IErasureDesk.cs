using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Adapters.Http.Erasure;

/// <summary>What a node knows of erasures, and the way to change them.</summary>
public interface IErasureDesk
{
    /// <summary>What is erased, as this node knows it.</summary>
    Erasures Current { get; }

    /// <summary>
    /// The table's columns at all nodes that answer, each role and type once; null if none has points of it.
    /// Throws <see cref="ErrorKind.Conflict"/> where another node has to be asked.
    /// </summary>
    Task<ImmutableArray<Column>?> ColumnsAsync(TableId table, CancellationToken ct);

    /// <summary>
    /// Masks points and returns the tombstone's number once this node masks them; one in force that says the
    /// same is returned again. Throws <see cref="ErrorKind.Conflict"/> where another node has to be asked or
    /// there is no room for more, <see cref="ErrorKind.Unavailable"/> if it cannot be kept now.
    /// </summary>
    Task<long> EraseAsync(
        TableId table, ImmutableArray<TagCondition> where, long beforeNanoseconds, CancellationToken ct);

    /// <summary>
    /// Makes a tombstone final: what it masks is removed from disk, and it cannot be lifted any more. Nothing
    /// happens if it is. Throws <see cref="ErrorKind.NotFound"/> if it is not in force; otherwise as
    /// <see cref="EraseAsync"/>.
    /// </summary>
    Task MakeFinalAsync(long number, CancellationToken ct);

    /// <summary>
    /// Lifts a tombstone. Throws <see cref="ErrorKind.NotFound"/> if it is not in force,
    /// <see cref="ErrorKind.Conflict"/> if it is final; otherwise as <see cref="EraseAsync"/>.
    /// </summary>
    Task LiftAsync(long number, CancellationToken ct);

    /// <summary>Asks everybody what is applied.</summary>
    Task<ErasureReceipt> ReceiptAsync(CancellationToken ct);
}
