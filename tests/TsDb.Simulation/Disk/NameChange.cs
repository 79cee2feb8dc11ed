namespace TsDb.Simulation.Disk;

/// <summary>One change of names in a folder: a name goes, a name comes, or both (a rename).</summary>
internal sealed record NameChange(string? From, string? To, FaultyInode? Inode)
{
    public string Folder => FaultyDisk.FolderOf(To ?? From!);

    // A rename that survives takes the old name away with it, whatever became of the creation before.
    public void ApplyTo(IDictionary<string, FaultyInode> names)
    {
        if (From is not null) names.Remove(From);
        if (To is not null) names[To] = Inode!;
    }
}
