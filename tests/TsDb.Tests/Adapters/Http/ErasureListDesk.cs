using System.Collections.Immutable;
using TsDb.Adapters.Http.Erasure;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Http;

/// <summary>Takes down what is to be erased; it knows one table, with a tag, a field, and a name that is
/// both.</summary>
internal sealed class ErasureListDesk : IErasureDesk
{
    private static readonly ImmutableArray<Column> Columns =
    [
        new("host", ColumnRole.Tag, FieldType.String), new("v", ColumnRole.Field, FieldType.Int64),
        new("both", ColumnRole.Tag, FieldType.String), new("both", ColumnRole.Field, FieldType.String),
    ];

    public List<string> Erased { get; } = [];

    public Erasures Current => Erasures.None;

    public Task<ImmutableArray<Column>?> ColumnsAsync(TableId table, CancellationToken ct) =>
        Task.FromResult<ImmutableArray<Column>?>(table.Table == "m" ? Columns : null);

    public Task<long> EraseAsync(
        TableId table, ImmutableArray<TagCondition> where, long beforeNanoseconds, CancellationToken ct)
    {
        Erased.Add(string.Join(",", where.Select(condition => condition.Tag)));
        return Task.FromResult<long>(Erased.Count);
    }

    public Task MakeFinalAsync(long number, CancellationToken ct) => throw new NotSupportedException();

    public Task LiftAsync(long number, CancellationToken ct) => throw new NotSupportedException();

    public Task<ErasureReceipt> ReceiptAsync(CancellationToken ct) =>
        Task.FromResult(new ErasureReceipt([], []));
}
