using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>What commands about databases and the clock make of a configuration. Pure.</summary>
internal static class ClusterDatabases
{
    /// <summary>Databases a cluster may have settings of; all of them travel in one message.</summary>
    public const int DatabasesMax = 1_000;

    /// <summary>Tables of one database that may have a rule of their own.</summary>
    public const int TablesMax = 1_000;

    // A day and some, so that a clock said once an hour is never behind for long, and a wrong one needs many
    // steps, each of which somebody may see.
    private const long StepNanosecondsMax = Day.NanosecondsLength + (Day.NanosecondsLength / 24);

    public static ClusterConfiguration Create(ClusterConfiguration current, string name) =>
        current.Databases.ContainsKey(name) || current.Databases.Count >= DatabasesMax
            ? current : With(current, DatabaseSettings.Of(name));

    public static ClusterConfiguration SetRetention(
        ClusterConfiguration current, ClusterCommand.SetRetention command)
    {
        ClusterConfiguration next = Advance(Create(current, command.Database), command.NowNanoseconds);
        if (!next.Databases.TryGetValue(command.Database, out DatabaseSettings? known)) return current;
        DatabaseSettings settings =
            known.WithRetention(command.Table, command.Retention).At(next.ClockNanoseconds);
        return settings == known || settings.Tables.Length > TablesMax ? next : With(next, settings);
    }

    public static ClusterConfiguration Set(ClusterConfiguration current, DatabaseSettings settings)
    {
        DatabaseSettings? known = current.Databases.GetValueOrDefault(settings.Name);
        DatabaseSettings next = settings with
        {
            HorizonNanoseconds = Math.Max(
                known?.HorizonNanoseconds ?? DatabaseSettings.NoHorizon, settings.HorizonNanoseconds),
        };
        return next == known ? current : With(current, next);
    }

    public static ClusterConfiguration Forget(ClusterConfiguration current, string name) =>
        current.Databases.ContainsKey(name)
            ? current with
            {
                Databases = current.Databases.Remove(name),
                Revision = current.Revision + 1,
            }
            : current;

    public static ClusterConfiguration Advance(ClusterConfiguration current, long now)
    {
        long clock = current.ClockNanoseconds == 0
            ? now : Math.Min(now, current.ClockNanoseconds + StepNanosecondsMax);
        if (clock <= current.ClockNanoseconds) return current;
        ClusterConfiguration next = current with { ClockNanoseconds = clock };
        foreach (DatabaseSettings settings in current.Databases.Values)
        {
            if (settings.At(clock) is var risen && risen != settings) next = With(next, risen);
        }

        return next;
    }

    private static ClusterConfiguration With(ClusterConfiguration current, DatabaseSettings settings) =>
        current with
        {
            Databases = current.Databases.SetItem(settings.Name, settings),
            Revision = current.Revision + 1,
        };
}
