using Apache.Arrow;

namespace TsDb.Query.Distributed;

/// <summary>All rows of a fragment from one node: complete, or they would not be here.</summary>
/// <param name="Schema">The columns.</param>
/// <param name="Batches">The rows.</param>
/// <param name="Bytes">What travelled, as Arrow.</param>
internal sealed record FragmentRows(Schema Schema, IReadOnlyList<RecordBatch> Batches, long Bytes);
