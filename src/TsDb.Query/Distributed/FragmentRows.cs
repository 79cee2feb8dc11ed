using Apache.Arrow;

namespace TsDb.Query.Distributed;

/// <summary>All rows of a fragment from one node: complete, or they would not be here.</summary>
internal sealed record FragmentRows(Schema Schema, IReadOnlyList<RecordBatch> Batches);
