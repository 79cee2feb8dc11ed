using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage.Erasure;

namespace TsDb.Tests.Storage.Erasure;

/// <summary>What an edge has heard of erasures, over crashes.</summary>
public sealed class TombstoneBookTests
{
    private static readonly TableId Table = new("d", "t");

    private static readonly Erasures Three = Erasures.None
        .With(Table, WhereText.Parse("site = 'o''slo' AND device IN (a, b)"), -5)
        .With(Table, [], long.MaxValue)
        .Lift(2);

    private readonly FaultyDisk _disk = new(1);

    [Fact]
    public void What_was_heard_survives_a_crash_and_an_earlier_word_is_ignored()
    {
        TombstoneBook book = TombstoneBook.Open(_disk);
        Assert.Equal(Erasures.None, book.Erasures);
        book.Take(Three);
        book.Take(Erasures.None.With(Table, [], 7));
        Assert.Equal(Three, book.Erasures);
        _disk.Restart();
        book = TombstoneBook.Open(_disk);
        Assert.Equal(Three, book.Erasures);
        Assert.Equal(3, book.KeptNumber);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_and_not_taken_for_none()
    {
        using (var file = _disk.Create(TombstoneBook.FileName))
        {
            file.Append("{\"version\":1,\"number\":3}"u8);
            file.Sync();
        }

        TsDbException error = Assert.Throws<TsDbException>(() => TombstoneBook.Open(_disk));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
    }
}
