using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>Identity and limits of a <see cref="Shipper"/>.</summary>
public sealed record ShipperOptions
{
    /// <summary>The edge that ships.</summary>
    public required EdgeId Edge { get; init; }

    /// <summary>Random id of this start of the program.</summary>
    public required Guid Instance { get; init; }

    /// <summary>Version of the program, for the registry and for people.</summary>
    public string ProgramVersion { get; init; } = "";

    /// <summary>Most bytes a second on the uplink (<c>--ship-rate</c>); null for no limit.</summary>
    public long? BytesPerSecondMax { get; init; }

    /// <summary>Hours in which data may be sent (<c>--ship-hours</c>); null for any.</summary>
    public ShipHours? Hours { get; init; }

    /// <summary>
    /// Messages with data that may be on their way to the broker at a time; fewer where they take long.
    /// </summary>
    public int MessagesInFlightMax { get; init => field = Positive(value); } = 16;

    /// <summary>
    /// Shipments that may be offered and not durable at a time, those not counted that are in back-off.
    /// </summary>
    public int TransfersMax { get; init => field = Positive(value); } = 64;

    /// <summary>Bytes of those shipments; one larger shipment alone is always allowed.</summary>
    public long TransferBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// How long an offer stays without an answer before it is made again; doubled each time.
    /// </summary>
    public TimeSpan SilenceMin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest that doubling leads to.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A chunk that reached the broker this short ago is not sent again: the want may have crossed it.
    /// </summary>
    public TimeSpan WantQuiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A repeated offer carries its bytes again up to this size; larger ones wait to be wanted.
    /// </summary>
    public int RepeatedPayloadBytesMax { get; init; } = 4 << 10;

    /// <summary>Shipments up to this size travel together with others of their shard.</summary>
    public long BundledBytesMax { get; init; } = 64 << 10;

    /// <summary>Bytes of the files that travel together, at most.</summary>
    public long BundleBytesMax { get; init; } = 512 << 10;

    /// <summary>Shipments that travel together, at most.</summary>
    public int BundleLeavesMax { get; init; } = 256;

    /// <summary>First wait for the answer to a hello; doubled up to <see cref="HelloMax"/>.</summary>
    public TimeSpan HelloMin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for the answer to a hello, and the wait after a refusal.</summary>
    public TimeSpan HelloMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often ledgers are compared by digest while connected.</summary>
    public TimeSpan ReconcileEvery { get; init; } = TimeSpan.FromHours(1);

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
