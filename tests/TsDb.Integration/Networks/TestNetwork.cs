using System.Diagnostics;
using System.Globalization;

namespace TsDb.Integration.Networks;

/// <summary>
/// Machines of a test as network namespaces on one bridge: each has an address of its own, and the way
/// between any two can be cut without a word to either. Skips the test where that is not permitted.
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private const string NoSuchNeighbour = "02:00:00:00:00:fe";
    private const int HostsMax = 200;

    private readonly string _bridge = string.Create(
        CultureInfo.InvariantCulture, $"tsb{Environment.ProcessId % 100_000}");
    private readonly int _subnet = 1 + (Environment.ProcessId % 250);
    private readonly Dictionary<string, int> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _cut = [];

    public TestNetwork()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("only root may make network namespaces");
        if (Run("ip", "link", "add", _bridge, "type", "bridge") is { } refused)
            Assert.Skip($"no network namespaces here: {refused}");
        Require("ip", "addr", "add", $"{AddressOf(1)}/24", "dev", _bridge);
        Require("ip", "link", "set", _bridge, "up");
    }

    /// <summary>Makes a machine; answers the address that it has.</summary>
    public string Add(string name)
    {
        int host = _hosts[name] = _hosts.Count + 2;
        Assert.True(host < HostsMax, "too many machines");
        string space = Space(name), outside = Outside(host);
        if (Run("ip", "netns", "add", space) is { } refused)
            Assert.Skip($"no network namespaces here: {refused}");
        Require("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space);
        Require("ip", "link", "set", outside, "master", _bridge);
        Require("ip", "link", "set", outside, "up");
        Require("ip", "-n", space, "link", "set", "lo", "up");
        Require("ip", "-n", space, "addr", "add", $"{AddressOf(host)}/24", "dev", "eth0");
        Require("ip", "-n", space, "link", "set", "eth0", "up");
        return AddressOf(host);
    }

    /// <summary>What a command line begins with, to run on a machine.</summary>
    public string[] Launcher(string name) => ["ip", "netns", "exec", Space(name)];

    /// <summary>Everything between these two vanishes, both ways, in silence.</summary>
    public void Cut(string a, string b)
    {
        if (!_cut.Add(Pair(a, b))) return;
        Misdirect(a, b);
        Misdirect(b, a);
    }

    /// <summary>Cuts machines off from all the others.</summary>
    public void Isolate(params string[] names)
    {
        foreach (string name in names)
        {
            foreach (string other in _hosts.Keys.Except(names)) Cut(name, other);
        }
    }

    /// <summary>Nothing is cut any more.</summary>
    public void Heal()
    {
        foreach ((string a, string b) in _cut)
        {
            Require("ip", "-n", Space(a), "neigh", "del", AddressOf(_hosts[b]), "dev", "eth0");
            Require("ip", "-n", Space(b), "neigh", "del", AddressOf(_hosts[a]), "dev", "eth0");
        }

        _cut.Clear();
    }

    public void Dispose()
    {
        foreach (string name in _hosts.Keys) Require("ip", "netns", "del", Space(name));
        Require("ip", "link", "del", _bridge);
    }

    private void Misdirect(string from, string to) => Require(
        "ip", "-n", Space(from), "neigh", "replace", AddressOf(_hosts[to]), "lladdr", NoSuchNeighbour,
        "nud", "permanent", "dev", "eth0");

    private static (string, string) Pair(string a, string b) =>
        string.CompareOrdinal(a, b) < 0 ? (a, b) : (b, a);

    private string Space(string name) => $"{_bridge}-{name}";

    private string Outside(int host) => string.Create(CultureInfo.InvariantCulture, $"{_bridge}v{host}");

    private string AddressOf(int host) =>
        string.Create(CultureInfo.InvariantCulture, $"10.77.{_subnet}.{host}");

    private static void Require(params string[] command)
    {
        string? refused = Run(command);
        Assert.True(refused is null, $"{string.Join(' ', command)}: {refused}");
    }

    private static string? Run(params string[] command)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : said.Trim();
    }
}
