using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Conformance.Fleets;

/// <summary>Runs fragments right behind what nodes say of their catalogs, as they do on lines, and sees what
/// becomes of the rows.</summary>
internal sealed class FleetRowsBehind
{
    private int _begun;
    private int _ended;
    private int _givenUp;

    /// <summary>How often rows were sent.</summary>
    public int Begun => _begun;

    /// <summary>How many of them somebody has read or given up.</summary>
    public int Ended => _ended;

    /// <summary>How many of them were given up.</summary>
    public int GivenUp => _givenUp;

    public RowsBehind Begin(FragmentDesk desk, FragmentRequest fragment)
    {
        Interlocked.Increment(ref _begun);

        // At work when the answer is read, whatever becomes of the round that asked.
        Task<ISqlResult> running = desk.RunAsync(fragment, CancellationToken.None);
        return new RowsBehind(
            async _ =>
            {
                Interlocked.Increment(ref _ended);
                return await running;
            },
            new Call(this, running));
    }

    private sealed class Call(FleetRowsBehind all, Task<ISqlResult> running) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Increment(ref all._ended);
            Interlocked.Increment(ref all._givenUp);
            _ = EndAsync();
        }

        // Where the run failed there is nothing to end, and nobody who wants to know why.
        private async Task EndAsync() => await (await running).DisposeAsync();
    }
}
