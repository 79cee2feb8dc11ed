namespace TsDb.Codec.Shipment;

/// <summary>How a segment file's bytes travel. The numbers are part of the wire format.</summary>
public enum TransferForm
{
    /// <summary>As they are.</summary>
    Plain = 0,

    /// <summary>
    /// As one zstd frame, with the plain file of an earlier leaf as dictionary if one is named.
    /// </summary>
    Zstd = 1,

    /// <summary>
    /// Its rows, told as what they are off an earlier shipment of the same cell, if one is named; the
    /// receiver writes the file anew, and its hash shows that it is the same.
    /// </summary>
    Rows = 2,
}
