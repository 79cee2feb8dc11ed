// The fault model.
//
// A disk in memory that keeps what the port IDisk promises and nothing more. One seed gives one trace.
//
//   Bytes    What was synced stays. Of what was appended after the last sync a crash keeps any prefix; the
//            rest is gone, or (a torn write) is there with some of its 512-byte sectors zeroed. An unsynced
//            cut may have happened or not.
//   Names    What was created, renamed or deleted after the last SyncDirectory of its folder survives a crash
//            or does not, each such change for itself. Folders that Create makes are there at once.
//   fsync    May fail (EIO). As on Linux the dirty pages then count as clean: they are never written, and
//            later syncs of that file succeed without making anything last.
//   append   May be short: a part of the bytes is there, the call fails with EIO.
//   space    Limited by CapacityBytes: an append writes what fits, then fails with DiskFullException.
//   crash    At any call that changes something (CrashAtCall): the call may have had its effect, or a part of
//            it; every later call fails with SimulatedCrashException until Restart.
//   kill     The process may die without the power going (Revive): the cache stays, synced or not.
//   Reads never fail and never lie; deleted files stay readable through handles that are open.
using System.Globalization;
using TsDb.Storage.Ports;

namespace TsDb.Simulation.Disk;

/// <summary>A disk that forgets what was not synced, and fails when it is told to.</summary>
public sealed class FaultyDisk(int seed) : IDisk
{
    private const string Root = "/faulty/";

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, FaultyInode> _names = new(StringComparer.Ordinal);
    private readonly List<NameChange> _unsynced = [];
    private readonly Dictionary<string, FaultyInode> _durableNames = new(StringComparer.Ordinal);
    private bool _isCrashed;

    /// <summary>All bytes that the disk holds; beyond it appends fail.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Changing calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The call at which the power goes; null for never.</summary>
    public int? CrashAtCall { get; set; }

    /// <summary>Told when the power goes, in the middle of the call.</summary>
    public Action? Crashed { get; set; }

    /// <summary>Asked before each changing call; an answer makes the call fail in that way.</summary>
    public Func<DiskCall, DiskFault>? Faults { get; set; }

    /// <inheritdoc/>
    public long FreeBytes
    {
        get
        {
            lock (_gate) return CapacityBytes == long.MaxValue
                ? long.MaxValue / 2
                : CapacityBytes - UsedBytes;
        }
    }

    /// <summary>All bytes that the files have.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_gate) return _names.Values.Sum(inode => (long)inode.Length);
        }
    }

    /// <summary>
    /// The process died and another begins, the power stayed on: everything written is seen, and what was not
    /// synced still is not.
    /// </summary>
    public void Revive()
    {
        lock (_gate) (_isCrashed, CrashAtCall) = (false, null);
    }

    /// <summary>
    /// The power comes back: what the model lets survive is there, everything else is forgotten.
    /// </summary>
    public void Restart()
    {
        lock (_gate)
        {
            foreach (NameChange change in _unsynced)
                if (_random.Next(2) == 0) change.ApplyTo(_durableNames);
            _unsynced.Clear();
            _names.Clear();
            foreach ((string path, FaultyInode inode) in _durableNames.OrderBy(
                name => name.Key, StringComparer.Ordinal))
                _names[path] = inode;
            foreach (FaultyInode inode in _names.Values.Distinct()) inode.Crash(_random);
            (_isCrashed, CrashAtCall) = (false, null);
        }
    }

    /// <summary>A copy of every file as it is seen now, as a backup would take it.</summary>
    public IReadOnlyDictionary<string, byte[]> Backup()
    {
        lock (_gate)
        {
            return _names.ToDictionary(
                name => name.Key, name => name.Value.Bytes.ToArray(), StringComparer.Ordinal);
        }
    }

    /// <summary>Puts a backup in the place of everything that is there, synced.</summary>
    public void PutBack(IReadOnlyDictionary<string, byte[]> backup)
    {
        lock (_gate)
        {
            _unsynced.Clear();
            _names.Clear();
            _durableNames.Clear();
            (_isCrashed, CrashAtCall) = (false, null);
            foreach ((string path, byte[] bytes) in backup)
            {
                FaultyInode inode = new();
                inode.Append(bytes);
                inode.Sync();
                _names[path] = _durableNames[path] = inode;
            }
        }
    }

    /// <inheritdoc/>
    public IDiskFile Create(string path)
    {
        FaultyInode inode = new();
        Change(new DiskCall(DiskCallKind.Create, path), () =>
        {
            if (_names.ContainsKey(path)) throw new IOException($"{path} exists");
            SetName(new NameChange(null, path, inode));
        });
        return new FaultyFile(this, path, inode);
    }

    /// <inheritdoc/>
    public IDiskFile Open(string path, bool append = false)
    {
        lock (_gate)
        {
            RequirePower();
            return _names.TryGetValue(path, out FaultyInode? inode)
                ? new FaultyFile(this, path, inode)
                : throw new FileNotFoundException(path);
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        lock (_gate)
        {
            RequirePower();
            return _names.ContainsKey(path);
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => Change(new DiskCall(DiskCallKind.Rename, to), () =>
    {
        if (FolderOf(from) != FolderOf(to))
            throw new NotSupportedException("the model renames inside a folder only");
        SetName(new NameChange(from, to, _names[from]));
    });

    /// <inheritdoc/>
    public void Delete(string path) => Change(new DiskCall(DiskCallKind.Delete, path), () =>
    {
        if (_names.ContainsKey(path)) SetName(new NameChange(path, null, null));
    });

    /// <inheritdoc/>
    public void SyncDirectory(string path) => Change(new DiskCall(DiskCallKind.SyncDirectory, path), () =>
    {
        foreach (NameChange change in _unsynced)
            if (change.Folder == path) change.ApplyTo(_durableNames);
        _unsynced.RemoveAll(change => change.Folder == path);
    });

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        lock (_gate)
        {
            RequirePower();
            string folder = path.Length == 0 ? "" : path + "/";
            return [.. _names.Keys.Where(name => name.StartsWith(folder, StringComparison.Ordinal))];
        }
    }

    /// <inheritdoc/>
    public string FullPath(string path) => Root + path;

    /// <summary>A whole file, by its path here or its full one, for engines that read files by themselves.
    /// </summary>
    public ReadOnlyMemory<byte> Read(string path)
    {
        lock (_gate)
        {
            RequirePower();
            string name = path.StartsWith(Root, StringComparison.Ordinal) ? path[Root.Length..] : path;
            return _names.TryGetValue(name, out FaultyInode? inode)
                ? inode.Bytes.ToArray()
                : throw new FileNotFoundException(path);
        }
    }

    /// <summary>Changes the bytes of a file behind everybody's back.</summary>
    public void Damage(string path, Action<byte[]> damage)
    {
        lock (_gate) _names[path].Damage(damage);
    }

    internal static string FolderOf(string path) => path.LastIndexOf('/') is > 0 and int slash
        ? path[..slash]
        : "";

    internal void Append(string path, FaultyInode inode, byte[] bytes)
    {
        bool isFull = false;
        Change(
            new DiskCall(DiskCallKind.Append, path),
            () =>
            {
                int fits = (int)Math.Min(bytes.Length, Math.Max(0, FreeBytes));
                isFull = fits < bytes.Length;
                inode.Append(bytes.AsSpan(0, fits));
            },
            () => inode.Append(bytes.AsSpan(0, _random.Next(bytes.Length + 1))));
        if (isFull) throw new DiskFullException($"{path}: no space");
    }

    internal void Truncate(string path, FaultyInode inode, long length) =>
        Change(new DiskCall(DiskCallKind.Truncate, path), () => inode.Truncate(length));

    internal void Sync(string path, FaultyInode inode) =>
        Change(new DiskCall(DiskCallKind.Sync, path), inode.Sync, inode.FailSync);

    internal int ReadAt(FaultyInode inode, long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            RequirePower();
            ReadOnlySpan<byte> rest = inode.Bytes[(int)Math.Min(offset, inode.Length)..];
            int count = Math.Min(rest.Length, destination.Length);
            rest[..count].CopyTo(destination);
            return count;
        }
    }

    private void Change(DiskCall call, Action effect, Action? partOfEffect = null)
    {
        lock (_gate)
        {
            RequirePower();
            Calls++;
            if (Calls >= CrashAtCall)
            {
                _isCrashed = true;
                int what = _random.Next(3);
                if (what == 0) effect();
                if (what == 1 && call.Kind == DiskCallKind.Append) partOfEffect!();
                Crashed?.Invoke();
                throw new SimulatedCrashException($"at call {Calls}: {call}");
            }

            DiskFault fault = Faults?.Invoke(call) ?? DiskFault.None;
            switch (fault)
            {
                case DiskFault.Io:
                    partOfEffect?.Invoke();
                    throw new IOException(
                        string.Create(CultureInfo.InvariantCulture, $"EIO at call {Calls}: {call}"));
                case DiskFault.Full:
                    throw new DiskFullException($"ENOSPC: {call}");
                default:
                    effect();
                    return;
            }
        }
    }

    private void RequirePower()
    {
        if (_isCrashed) throw new SimulatedCrashException("the power is off");
    }

    private void SetName(NameChange change)
    {
        change.ApplyTo(_names);
        _unsynced.Add(change);
    }
}
