using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>How a shipment travels.</summary>
/// <param name="Form">The form.</param>
/// <param name="BytesLength">Length in that form; chunks and wants count in it.</param>
/// <param name="Reference">For rows: the shipment of the same cell that they refer to.</param>
public sealed record TravelForm(TransferForm Form, long BytesLength, Ordinal? Reference)
{
    /// <summary>
    /// The bundle that it is told in with others; then the length is its share. Null where
    /// it goes by itself.
    /// </summary>
    public int? Bundle { get; init; }

    /// <summary>The file as it is.</summary>
    public static TravelForm Plain(long bytesLength) => new(TransferForm.Plain, bytesLength, null);
}
