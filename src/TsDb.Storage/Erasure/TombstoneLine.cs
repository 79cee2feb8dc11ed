using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Erasure;

/// <summary>A tombstone as the file says it.</summary>
internal sealed record TombstoneLine(
    long Number,
    string Database,
    string Table,
    ImmutableArray<TagCondition> Where,
    long BeforeNanoseconds,
    long? LiftedBy);
