using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>
/// How much may be on its way to the broker: what passes within <see cref="Aim"/>, by the time that the
/// broker's acknowledgements take, and a quarter of it in one message. Over a slow uplink more would keep a
/// ping waiting, and a large message would be no whole packet within the time in which the broker has to see
/// one: the connection would be cut, and what was under way sent again. Small at first on each connection.
/// </summary>
/// <param name="messagesMax">Messages that may be on their way however small they are.</param>
internal sealed class SendWindow(int messagesMax)
{
    /// <summary>The time in which what is on its way is to pass.</summary>
    public static readonly TimeSpan Aim = TimeSpan.FromSeconds(3);

    private const int PieceBytesMax = 4 << 10;
    private const int MessagesPerWindow = 4;
    private const int GrowthMax = 8;

    // Two pieces with what is around them: while one is acknowledged the other one is on its way.
    private const long BytesMin = 2 * (PieceBytesMax + 512);

    private readonly List<Flight> _flights = [];
    private int _messageBytesMax = PieceBytesMax;
    private long _inFlight;

    /// <summary>Bytes that may be on their way.</summary>
    public long Bytes { get; private set; } = BytesMin;

    /// <summary>Shipments are cut into pieces of this length, of which a message takes some.</summary>
    public int PieceBytes => Math.Min(PieceBytesMax, _messageBytesMax);

    /// <summary>
    /// Most bytes of a bundle: as many as may be on their way, since what is told together is shorter.
    /// </summary>
    public int BundleBytes => (int)Math.Clamp(Bytes, PieceBytes, _messageBytesMax);

    /// <summary>Most bytes of any other message.</summary>
    public int MessageBytes => (int)Math.Clamp(Bytes / MessagesPerWindow, PieceBytes, _messageBytesMax);

    /// <summary>True if one more message may go.</summary>
    public bool HasRoom => _flights.Count == 0
        || (_flights.Count < messagesMax && _inFlight + MessageBytes <= Bytes);

    /// <summary>A new connection: nothing is on its way, and nothing known of it.</summary>
    /// <param name="messageBytesMax">Most bytes of one message, however fast the connection is.</param>
    public void Open(int messageBytesMax)
    {
        _flights.Clear();
        (_messageBytesMax, _inFlight, Bytes) = (messageBytesMax, 0, BytesMin);
    }

    /// <summary>A message sets out.</summary>
    /// <param name="hash">What it is known by.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="pieces">The pieces in it: the first one and how many.</param>
    /// <param name="now">The time.</param>
    public void Send(ContentHash hash, long bytes, (int First, int Count) pieces, DateTimeOffset now)
    {
        _inFlight += bytes;
        _flights.Add(new Flight(hash, bytes, pieces, _inFlight, now));
    }

    /// <summary>
    /// The broker has the oldest message that is known by this; returns the pieces that were in it.
    /// </summary>
    public (int First, int Count) Arrive(ContentHash hash, DateTimeOffset now)
    {
        int at = _flights.FindIndex(flight => flight.Hash == hash);
        if (at < 0) return default;
        Flight arrived = _flights[at];
        _flights.RemoveAt(at);
        _inFlight -= arrived.Bytes;
        Measure(arrived.BytesAhead, now - arrived.SentAt);
        return arrived.Pieces;
    }

    // So many bytes took so long. One slow answer may be the broker's: at most a half goes at a time.
    private void Measure(long bytes, TimeSpan took)
    {
        double passing = bytes * (Aim / (took > TimeSpan.Zero ? took : TimeSpan.FromTicks(1)));
        if (took <= Aim / 2)
        {
            long grown = (long)Math.Min(passing, (double)bytes * GrowthMax);
            long most = 2L * messagesMax * _messageBytesMax;
            Bytes = Math.Max(Bytes, Math.Min(grown, most));
        }
        else if (took > Aim)
        {
            Bytes = Math.Max(Math.Max(Math.Min(Bytes, (long)passing), Bytes / 2), BytesMin);
        }
    }

    // The bytes ahead are those on their way when it set out, its own included.
    private sealed record Flight(
        ContentHash Hash, long Bytes, (int First, int Count) Pieces, long BytesAhead, DateTimeOffset SentAt);
}
