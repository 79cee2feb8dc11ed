using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage.Databases;

namespace TsDb.Tests.Storage.Databases;

/// <summary>What an edge knows of databases, over crashes, and whose word counts.</summary>
public sealed class DatabaseBookTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(100).AddHours(3);
    private static readonly TableId Table = new("d", "t");

    private readonly FaultyDisk _disk = new(1);

    [Fact]
    public void What_was_made_and_set_alone_survives_a_crash_and_goes_by_the_edges_clock()
    {
        DatabaseBook book = DatabaseBook.Open(_disk);
        book.Create("d");
        book.Set("d", "t", TimeSpan.FromDays(2));
        _disk.Restart();
        book = DatabaseBook.Open(_disk);
        Assert.Equal(Day.NanosecondsLength * 98, book.HorizonOf(Table, Now));
        Assert.Equal(DatabaseSettings.NoHorizon, book.HorizonOf(Table with { Table = "u" }, Now));
        Assert.False(book.IsOfCluster);
        book.Forget("d");
        Assert.Empty(book.All);
    }

    [Fact]
    public void The_clusters_word_counts_and_an_earlier_one_is_ignored()
    {
        DatabaseBook book = DatabaseBook.Open(_disk);
        book.Create("mine");
        book.Take(5, [new DatabaseSettings("d", TimeSpan.FromDays(1), 7)]);
        Assert.Equal(["d", "mine"], book.All.Select(d => d.Name));
        Assert.Equal(["mine"], book.Asked);
        book.Take(4, []);
        _disk.Restart();
        book = DatabaseBook.Open(_disk);
        Assert.True(book.IsOfCluster);
        Assert.Equal(7, book.HorizonOf(Table, Now));
        book.Take(6, [DatabaseSettings.Of("mine")]);
        Assert.Equal(["mine"], book.All.Select(d => d.Name));
        Assert.Empty(book.Asked);
    }

    [Fact]
    public void A_newer_file_is_refused_by_name()
    {
        using (var file = _disk.Create(DatabaseBook.FileName))
        {
            file.Append("{\"version\":9}"u8);
            file.Sync();
        }

        TsDbException error = Assert.Throws<TsDbException>(() => DatabaseBook.Open(_disk));
        Assert.Contains("has version 9", error.Message, StringComparison.Ordinal);
    }
}
