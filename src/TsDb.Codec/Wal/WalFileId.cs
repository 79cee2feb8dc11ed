using System.Globalization;

namespace TsDb.Codec.Wal;

/// <summary>
/// The random number of one log file. It stands in the file's name and in every frame, so that bytes left
/// over from another file never look like a frame of this one.
/// </summary>
public readonly record struct WalFileId(ulong Value)
{
    /// <summary>The id made from the first eight bytes of a random id.</summary>
    public static WalFileId From(Guid random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.TryWriteBytes(bytes);
        return new WalFileId(BitConverter.ToUInt64(bytes));
    }

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
