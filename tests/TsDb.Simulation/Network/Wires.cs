// The fault model of the network, beneath brokers and calls alike.
//
//   Loss       Each delivery may be lost for itself: one subscriber hears, the other does not.
//   Doubling   Each delivery of a broker may happen twice, at different times.
//   Delay      Each delivery takes a time of its own: messages overtake each other.
//   Cut        The way from one machine to another may be cut for a while, in both directions or in one: what
//              is sent is lost, and a connection over it breaks when a keep-alive has not come through.
//   Never      Bytes are not changed (TCP and the chunk's CRC see to that), nothing comes from nowhere.
using TsDb.Simulation.Time;

namespace TsDb.Simulation.Network;

/// <summary>The ways between machines.</summary>
internal sealed class Wires(SimulatedTime time, Random chance)
{
    private readonly Dictionary<(string From, string To), TimeSpan> _cuts = [];

    /// <summary>Chance of a delivery to be lost.</summary>
    public double Loss { get; set; }

    /// <summary>Chance of a delivery to happen twice.</summary>
    public double Doubling { get; set; }

    /// <summary>The longest that a delivery takes.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(20);

    public bool Passes(string from, string to) =>
        !_cuts.TryGetValue((from, to), out TimeSpan until) || until <= time.Elapsed;

    public bool PassesBothWays(string a, string b) => Passes(a, b) && Passes(b, a);

    public void Cut(string from, string to, TimeSpan length) => _cuts[(from, to)] = time.Elapsed + length;

    public void Heal() => _cuts.Clear();

    public bool IsLost() => chance.NextDouble() < Loss;

    public bool IsDoubled() => chance.NextDouble() < Doubling;

    // Most are quick, a few are slow.
    public TimeSpan Delay()
    {
        double part = chance.NextDouble();
        return DelayMax * (chance.Next(4) == 0 ? part : part * 0.1);
    }
}
