using System.Text;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Simulation.Disk;
using TsDb.Storage.Backup;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Cluster;

/// <summary>What a node acts by after a restart, when its log tells it less at first than before.</summary>
public sealed class ActingConfigurationTests
{
    private static readonly ClusterConfiguration Founded = Shipments.Founded(3, 2);
    private static readonly ClusterConfiguration Grown = Founded with { Epoch = new Epoch(7) };

    private readonly FaultyDisk _disk = new(1);

    [Fact]
    public void After_a_loss_of_power_nothing_older_counts()
    {
        ActingConfiguration acting = ActingConfiguration.Open(_disk);
        Assert.Null(acting.Current);
        Assert.True(acting.TryTake(Founded));
        Assert.Same(Founded, acting.Current);
        Assert.True(acting.TryTake(Grown));
        _disk.Restart();

        acting = ActingConfiguration.Open(_disk);
        Assert.False(acting.TryTake(Founded));
        Assert.Null(acting.Current);
        Assert.True(acting.TryTake(Grown));
        Assert.Same(Grown, acting.Current);
        Assert.False(acting.TryTake(Grown));
    }

    [Fact]
    public void What_changes_within_an_epoch_is_taken_without_a_word_to_the_disk()
    {
        ActingConfiguration acting = ActingConfiguration.Open(_disk);
        Assert.True(acting.TryTake(Grown));
        long calls = _disk.Calls;
        ClusterConfiguration next = Grown with { ClockNanoseconds = Grown.ClockNanoseconds + 1 };
        Assert.True(acting.TryTake(next));
        Assert.Same(next, acting.Current);
        Assert.Equal(calls, _disk.Calls);
        Assert.Equal("7\n", Encoding.ASCII.GetString(FileBytes.ReadAll(_disk, "raft/epoch")!));
    }

    [Fact]
    public void While_the_disk_fails_the_one_before_counts()
    {
        ActingConfiguration acting = ActingConfiguration.Open(_disk);
        Assert.True(acting.TryTake(Founded));
        _disk.Faults = _ => DiskFault.Io;
        Assert.ThrowsAny<IOException>(() => acting.TryTake(Grown));
        Assert.Same(Founded, acting.Current);
        _disk.Faults = null;
        Assert.True(acting.TryTake(Grown));
        Assert.Same(Grown, acting.Current);
    }

    [Theory]
    [InlineData("")]
    [InlineData("seven\n")]
    [InlineData("-1\n")]
    [InlineData("99999999999999999999\n")]
    public void What_is_no_epoch_is_said(string text)
    {
        FileBytes.Replace(_disk, "raft/epoch", Encoding.ASCII.GetBytes(text));
        TsDbException refused = Assert.Throws<TsDbException>(() => ActingConfiguration.Open(_disk));
        Assert.Equal(ErrorKind.Corrupt, refused.Kind);
        Assert.Contains("raft/epoch", refused.Message, StringComparison.Ordinal);
    }
}
