using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// The configuration as a pure function of the log: the same commands in the same order give the same
/// configuration on every node. A command that does not fit is without effect, never an error: it is in the
/// log already.
/// </summary>
public static class ClusterStateMachine
{
    /// <summary>Members a cluster may have; heartbeats run between all pairs.</summary>
    public const int MembersMax = 64;

    /// <summary>Removed data directories that are remembered, the latest.</summary>
    public const int RemovedMax = 1024;

    /// <summary>The configuration after <paramref name="command"/>; null before the founding.</summary>
    public static ClusterConfiguration? Apply(ClusterConfiguration? current, ClusterCommand command) =>
        current is null
            ? command is ClusterCommand.Found found ? Ordered(found.Configuration) : null
            : command switch
            {
                ClusterCommand.Admit admit => Gone(Admit(current, admit)),
                ClusterCommand.Remove remove => Gone(Remove(current, remove)),
                ClusterCommand.RegisterEdge register =>
                    Register(current, register.Edge, register.Incarnation),
                ClusterCommand.SetDatabase set => ClusterDatabases.Set(current, set.Settings),
                ClusterCommand.CreateDatabase create => ClusterDatabases.Create(current, create.Name),
                ClusterCommand.SetRetention set => ClusterDatabases.SetRetention(current, set),
                ClusterCommand.ForgetDatabase forget => ClusterDatabases.Forget(current, forget.Name),
                ClusterCommand.AdvanceClock advance =>
                    ClusterDatabases.Advance(current, advance.NowNanoseconds),
                ClusterCommand.Erase erase => WithErasures(current, current.Erasures.With(
                    new TableId(erase.Database, erase.Table), erase.Where, erase.BeforeNanoseconds)),
                ClusterCommand.LiftErasure lift => WithErasures(
                    current, current.Erasures.Lift(lift.Number)),
                ClusterCommand.MakeErasureFinal final => WithErasures(
                    current, current.Erasures.MakeFinal(final.Number)),
                ClusterCommand.Leave leave => Leave(current, leave.DirectoryId),
                ClusterCommand.Replace replace => Gone(Replace(current, replace)),
                ClusterCommand.SetReplication set => SetReplication(current, set),
                ClusterCommand.SetReplaceAfter set =>
                    set.After < ReplacementWatch.SilenceMin
                        ? current : current with { ReplaceAfter = set.After },
                ClusterCommand.GiveUp give => GiveUp(current, give),
                ClusterCommand.Arrive arrive => ShardMoves.Arrive(current, arrive),
                ClusterCommand.EndMoves end => Gone(ShardMoves.End(current, end.Shards)),
                _ => current,
            };

    private static ClusterConfiguration Ordered(ClusterConfiguration configuration) =>
        configuration with { Members = Sorted(configuration.Members) };

    private static ClusterConfiguration WithErasures(ClusterConfiguration current, Erasures next) =>
        next == current.Erasures ? current : current with
        {
            Erasures = next,
            Revision = current.Revision + 1,
        };

    private static ClusterConfiguration Admit(ClusterConfiguration current, ClusterCommand.Admit admit)
    {
        Member member = admit.Member;
        if (current.Removed.Contains(member.DirectoryId)) return current;
        Member? known = current.Members.FirstOrDefault(m => m.DirectoryId == member.DirectoryId);
        member = member with
        {
            Since = known?.Since ?? Next(current.Epoch),
            IsLeaving = known?.IsLeaving == true,
            Seat = (known ?? current.Members.FirstOrDefault(m => m.Id == member.Id))?.Seat ?? "",
        };
        if (known == member) return current;

        // A directory keeps its name for life: everything stored in it was stored under that name.
        if (known is not null && known.Id != member.Id) return current;
        Member? namesake = current.Members.FirstOrDefault(m => m.Id == member.Id);
        bool replaces = known is null && namesake is not null;
        if (known is null && namesake is null && current.Members.Length >= MembersMax) return current;
        ClusterConfiguration next = current with
        {
            Members = Sorted(current.Members.Where(m => m != known && m != namesake).Append(member)),
            Removed = replaces ? Remember(current.Removed, namesake!.DirectoryId) : current.Removed,
            Epoch = Next(current.Epoch),
        };
        return admit.MovesShards
            ? ShardMoves.Follow(replaces ? ShardMoves.Unarrive(current, member.Id) : current, next)
            : next;
    }

    private static ClusterConfiguration Remove(ClusterConfiguration current, ClusterCommand.Remove remove)
    {
        Guid directory = remove.DirectoryId;

        // The last member stays: nobody would be left to admit another.
        if (current.Members.Length <= 1
            || current.Members.All(m => m.DirectoryId != directory)) return current;
        if (current.Members.All(m => m.IsLeaving || m.DirectoryId == directory)) return current;
        ClusterConfiguration next = current with
        {
            Members = Sorted(current.Members.Where(m => m.DirectoryId != directory)),
            Removed = Remember(current.Removed, directory),
            Epoch = Next(current.Epoch),
        };
        return remove.MovesShards ? ShardMoves.Follow(current, next) : next;
    }

    private static ClusterConfiguration GiveUp(ClusterConfiguration current, ClusterCommand.GiveUp give) =>
        give.DecidedIn == current.Epoch && current.ReplaceAfter is not null
            && ReplacementWatch.ObstacleTo(current, give.DirectoryId) is null
            ? Gone(Remove(current, new ClusterCommand.Remove(give.DirectoryId)))
            : current;

    private static ClusterConfiguration Register(
        ClusterConfiguration current, EdgeId edge, Incarnation incarnation)
    {
        EdgeRegistration known = current.Edges.GetValueOrDefault(edge) ?? new EdgeRegistration(edge, []);
        return known.Incarnations.Contains(incarnation)
            ? current
            : current with
            {
                Edges = current.Edges.SetItem(
                    edge, known with { Incarnations = known.Incarnations.Add(incarnation) }),
            };
    }

    private static ClusterConfiguration Leave(ClusterConfiguration current, Guid directory)
    {
        Member? member = current.Members.FirstOrDefault(m => m.DirectoryId == directory);

        // Somebody has to take the shards.
        if (member is null or { IsLeaving: true } || current.Placeable <= 1) return current;
        return Gone(ShardMoves.Follow(current, current with
        {
            Members = Sorted(current.Members.Where(m => m != member).Append(
                member with { IsLeaving = true })),
            Epoch = Next(current.Epoch),
        }));
    }

    private static ClusterConfiguration Replace(
        ClusterConfiguration current, ClusterCommand.Replace replace)
    {
        Member? old = current.Members.FirstOrDefault(m => m.DirectoryId == replace.OldDirectoryId);
        Member? heir = current.Members.FirstOrDefault(m => m.DirectoryId == replace.NewDirectoryId);
        if (old is null || heir is null || old == heir || heir.IsLeaving) return current;
        string seat = old.Seat.Length == 0 ? old.Id.Value : old.Seat;
        IEnumerable<Member> members = current.Members.Where(m => m != old && m != heir)
            .Append(heir with { Seat = seat });
        if (!replace.IsDead) members = members.Append(old with { IsLeaving = true });
        return ShardMoves.Follow(current, current with
        {
            Members = Sorted(members),
            Removed = replace.IsDead ? Remember(current.Removed, old.DirectoryId) : current.Removed,
            Epoch = Next(current.Epoch),
        });
    }

    private static ClusterConfiguration SetReplication(
        ClusterConfiguration current, ClusterCommand.SetReplication set)
    {
        bool isSame = set.ReplicationFactor == current.ReplicationFactor
            && set.WriteQuorumAsked == current.WriteQuorumAsked;
        if (isSame || set.ReplicationFactor < 1 || set.WriteQuorumAsked < 0
            || set.WriteQuorumAsked > set.ReplicationFactor) return current;
        return ShardMoves.Follow(current, current with
        {
            ReplicationFactor = set.ReplicationFactor,
            WriteQuorumAsked = set.WriteQuorumAsked,
            Epoch = Next(current.Epoch),
        });
    }

    // Members that leave and that nobody needs any more are removed.
    private static ClusterConfiguration Gone(ClusterConfiguration current)
    {
        foreach (Member member in current.Members.Where(m => m.IsLeaving))
        {
            if (current.Moves.All(move => !move.From.Contains(member.Id)))
                current = Remove(current, new ClusterCommand.Remove(member.DirectoryId));
        }

        return current;
    }

    private static Epoch Next(Epoch epoch) => new(checked(epoch.Value + 1));

    private static ImmutableArray<Member> Sorted(IEnumerable<Member> members) =>
        [.. members.OrderBy(m => m.Id)];

    private static ImmutableArray<Guid> Remember(ImmutableArray<Guid> removed, Guid directory) =>
        [.. removed.Append(directory).TakeLast(RemovedMax)];
}
