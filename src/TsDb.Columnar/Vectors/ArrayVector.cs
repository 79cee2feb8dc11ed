using Apache.Arrow;

namespace TsDb.Columnar.Vectors;

/// <summary>Values that no kernel computes with (text, booleans, unsigned integers): as Arrow holds
/// them.</summary>
public sealed class ArrayVector : ColumnVector
{
    internal ArrayVector(IArrowArray array)
        : base(array) => Array = array;

    /// <summary>The values.</summary>
    public IArrowArray Array { get; }

    /// <inheritdoc/>
    protected override long ValueBytes => Array.Data.Buffers.Sum(buffer => (long)buffer.Length);
}
