using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Storage.Erasure;

/// <summary>A tombstone as the file says it.</summary>
internal sealed record TombstoneLine(
    long Number,
    string Database,
    string Table,
    ImmutableArray<TagCondition> Where,
    long BeforeNanoseconds,
    long? LiftedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FinalBy = null);
