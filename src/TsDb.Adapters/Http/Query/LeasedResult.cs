using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Http.Query;

/// <summary>A result that holds what its rows are read from until it is disposed.</summary>
/// <param name="result">The result.</param>
/// <param name="lease">What its rows are read from.</param>
/// <param name="explained">What to throw in place of an error about damaged files.</param>
internal sealed class LeasedResult(
    ISqlResult result, IDisposable lease, Func<TsDbException, TsDbException> explained) : ISqlResult
{
    /// <inheritdoc/>
    public Schema Schema => result.Schema;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using IAsyncEnumerator<RecordBatch> rows = result.ReadAsync(ct).GetAsyncEnumerator(ct);
        while (await MoveNextAsync(rows)) yield return rows.Current;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await result.DisposeAsync();
        }
        finally
        {
            lease.Dispose();
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> rows)
    {
        try
        {
            return await rows.MoveNextAsync();
        }
        catch (TsDbException error) when (error.Kind == ErrorKind.Corrupt)
        {
            throw explained(error);
        }
    }
}
