using TsDb.Model;

namespace TsDb.Tests.Storage.Erasure;

/// <summary>Tombstones by number: what counts for whoever knows how much.</summary>
public sealed class ErasuresTests
{
    private static readonly TableId Table = new("d", "t");

    [Fact]
    public void A_change_counts_for_those_who_know_it_and_not_for_those_who_do_not()
    {
        Erasures erasures = Erasures.None.With(Table, [], 5).With(Table, [], 9).Lift(1);
        Assert.Equal(3, erasures.Number);
        Assert.Equal([], InForce(erasures, 0));
        Assert.Equal([1], InForce(erasures, 1));
        Assert.Equal([1, 2], InForce(erasures, 2));
        Assert.Equal([2], InForce(erasures, 3));
        Assert.Equal(erasures, erasures.Lift(1));
        Assert.Equal(erasures, erasures.Lift(7));
    }

    [Fact]
    public void What_is_final_counts_for_ever_and_is_not_lifted()
    {
        Erasures erasures = Erasures.None.With(Table, [], 5).With(Table, [], 9).Lift(2).MakeFinal(1);
        Assert.Equal(4, erasures.Number);
        Assert.Equal(4, erasures.InForce(1)!.FinalBy);
        Assert.Equal(erasures, erasures.Lift(1));
        Assert.Equal(erasures, erasures.MakeFinal(1));
        Assert.Equal(erasures, erasures.MakeFinal(2));
        Assert.Equal(erasures, erasures.MakeFinal(7));
        Assert.Equal([1], InForce(erasures, erasures.Number));
    }

    [Fact]
    public void There_is_room_for_so_many_and_lifting_makes_room()
    {
        Erasures erasures = Erasures.None;
        for (int i = 0; i < Erasures.InForceMax; i++) erasures = erasures.With(Table, [], i);
        Assert.False(erasures.HasRoomFor(Table, []));
        Assert.Equal(erasures, erasures.With(Table, [], 0));
        Assert.True(erasures.Lift(500).HasRoomFor(Table, []));
        string tooLong = new('x', Erasures.WhereCharsMax);
        Assert.False(Erasures.None.HasRoomFor(Table, [new TagCondition("host", [tooLong])]));
    }

    [Fact]
    public void Of_the_lifted_ones_the_latest_are_remembered_and_of_those_in_force_all()
    {
        Erasures erasures = Erasures.None.With(Table, [], 1);
        for (int i = 0; i < Erasures.LiftedMax + 50; i++)
        {
            erasures = erasures.With(Table, [], i);
            erasures = erasures.Lift(erasures.Number);
        }

        Assert.Equal(Erasures.LiftedMax + 1, erasures.Tombstones.Length);
        Assert.Equal([1], InForce(erasures, erasures.Number));
    }

    private static long[] InForce(Erasures erasures, long number) =>
        [.. erasures.Tombstones.Where(t => t.CountsAt(number)).Select(t => t.Number)];
}
