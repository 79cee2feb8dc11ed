namespace TsDb.Tests.Formats;

/// <summary>Bytes that stand on disk or travel, and what today's code makes of them.</summary>
/// <param name="Name">The noun; golden files are called <c>{name}-v{version}.bin</c>.</param>
/// <param name="Version">The version that is written today.</param>
/// <param name="Bytes">What is written today of the content that is known here.</param>
/// <param name="Again">Reads bytes, and writes what was in them.</param>
internal sealed record Format(string Name, int Version, byte[] Bytes, Func<byte[], byte[]> Again)
{
    /// <summary>The same bytes as programs of a later version would say them, each in its way.</summary>
    public IReadOnlyList<byte[]> Newer { get; init; } = [];

    /// <summary>
    /// With a member or field that a later program of the same version adds; null where there is no room for
    /// one, or what is not understood must not be left out.
    /// </summary>
    public byte[]? WithMore { get; init; }

    /// <summary>True if what is not understood is refused even where the version is known.</summary>
    public bool RefusesMore { get; init; }

    /// <summary>What is compared: the bytes inside a compression that may become better.</summary>
    public Func<byte[], byte[]> Inside { get; init; } = bytes => bytes;

    /// <summary>The name of a version's golden file.</summary>
    public string FileOf(int version) => $"{Name}-v{version}.bin";
}
