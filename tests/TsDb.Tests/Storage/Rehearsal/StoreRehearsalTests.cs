using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Storage;
using TsDb.Storage.Rehearsal;

namespace TsDb.Tests.Storage.Rehearsal;

public sealed class StoreRehearsalTests
{
    [Fact]
    public async Task A_rehearsal_writes_and_seals_without_a_disk()
    {
        int ids = 0;
        await StoreRehearsal.RunAsync(
            new StoreEnvironment(
                TimeProvider.System,
                () => new Guid(++ids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                NullLoggerFactory.Instance),
            TestContext.Current.CancellationToken);
    }
}
