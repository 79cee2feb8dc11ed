namespace TsDb.Codec.Shipment;

/// <summary>The cloud's answer to a hello. The numbers are part of the wire format.</summary>
public enum HelloVerdict
{
    /// <summary>The edge and its incarnation are in the registry: it may offer.</summary>
    Registered = 1,

    /// <summary>Another live edge has this id: this one must not ship.</summary>
    Refused = 2,

    /// <summary>
    /// The cloud knows more of this incarnation than the edge does (it was restored or cloned): take a new
    /// one.
    /// </summary>
    TakeNewIncarnation = 3,
}
