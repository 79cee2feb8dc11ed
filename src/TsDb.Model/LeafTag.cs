namespace TsDb.Model;

/// <summary>
/// The first 8 bytes of a <see cref="ContentHash"/>: enough to see that bytes which were made anew are those
/// meant, too little to name them to strangers.
/// </summary>
/// <param name="Value">The bytes, big-endian.</param>
public readonly record struct LeafTag(ulong Value)
{
    /// <summary>Length of a tag in bytes.</summary>
    public const int BytesLength = 8;

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() =>
        Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
