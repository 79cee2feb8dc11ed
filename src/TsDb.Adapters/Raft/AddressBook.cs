using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace TsDb.Adapters.Raft;

/// <summary>
/// Where the members' cluster ports are now, by data directory. The consensus engine knows members by the id
/// of their directory only, so that a node may come back at another address.
/// </summary>
internal sealed class AddressBook
{
    private readonly ConcurrentDictionary<Guid, string> _byDirectory = [];

    /// <summary>The engine's name of a member.</summary>
    public static EndPoint EndPointOf(Guid directory) => new DnsEndPoint(directory.ToString("N"), 1);

    /// <summary>The member behind the engine's name.</summary>
    public static Guid DirectoryOf(EndPoint endPoint) => Guid.ParseExact(((DnsEndPoint)endPoint).Host, "N");

    /// <summary>Notes where a member is; what was said last counts.</summary>
    public void Note(Guid directory, string address)
    {
        if (address.Length > 0) _byDirectory[directory] = address;
    }

    /// <summary>host:port of a member; null if nobody said it yet.</summary>
    public string? Find(Guid directory) => _byDirectory.GetValueOrDefault(directory);

    /// <summary>Takes host:port apart; null if it is not that.</summary>
    public static (string Host, int Port)? Split(string address)
    {
        int colon = address.LastIndexOf(':');
        return colon > 0
            && int.TryParse(
                address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= 65_535
            ? (address[..colon].Trim('[', ']'), port)
            : null;
    }
}
