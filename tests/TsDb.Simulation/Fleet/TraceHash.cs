using System.IO.Hashing;
using System.Text;

namespace TsDb.Simulation.Fleet;

/// <summary>A fingerprint of everything that happened, in order: equal for two runs of one seed.</summary>
public sealed class TraceHash
{
    private readonly XxHash128 _hash = new();

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(string happened, ReadOnlySpan<byte> payload = default)
    {
        Count++;
        _hash.Append(Encoding.UTF8.GetBytes(happened));
        _hash.Append(payload);
    }

    /// <summary>The fingerprint so far.</summary>
    public override string ToString() => $"{Count}:{_hash.GetCurrentHashAsUInt128():x32}";
}
