using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>One moment of the replicas on this node. Its files are kept until it is disposed.</summary>
public interface IReplicaLease : IDisposable
{
    /// <summary>The moment; rises with each change.</summary>
    long Number { get; }

    /// <summary>The last moment at which a file was found damaged or gone; 0 for never.</summary>
    long LastLoss { get; }

    /// <summary>Every table that has a leaf here.</summary>
    IEnumerable<TableId> Tables { get; }

    /// <summary>Something that is another object whenever the table has changed; null if it is not
    /// here.</summary>
    object? Stamp(TableId table);

    /// <summary>Every column of every leaf of the table, each role and type once.</summary>
    ImmutableArray<Column> Columns(TableId table);

    /// <summary>What is here of the table, by edge and day.</summary>
    IEnumerable<CellFact> Cells(TableId table);

    /// <summary>The leaves of a cell here.</summary>
    IEnumerable<Leaf> Leaves(Cell cell);

    /// <summary>The last change of erasures that is applied.</summary>
    long Erasures { get; }

    /// <summary>The configuration that is applied.</summary>
    Epoch Epoch { get; }

    /// <summary>What the changes of erasures up to a number hide of a table; they must be applied.</summary>
    PointMask Mask(TableId table, long erasures);

    /// <summary>
    /// The segments of some cells of a table, with their order of newness, for a reader who masks what the
    /// changes of erasures up to a number hide. Throws <see cref="ErrorKind.Conflict"/> if rows that a later
    /// change hides are gone already: who knows of it has to ask.
    /// </summary>
    TableSnapshot Snapshot(TableId table, long erasures, Func<Cell, bool> includes);
}
