using System.Numerics;

namespace TsDb.Columnar.Vectors;

/// <summary>Does something with integers, whatever their width; see
/// <see cref="ColumnVector.Visit{TVisitor}"/>.</summary>
public interface IIntegerVisitor
{
    /// <summary>Gets the vector in its own width.</summary>
    void Visit<T>(NumberVector<T> integers)
        where T : struct, IBinaryInteger<T>;
}
