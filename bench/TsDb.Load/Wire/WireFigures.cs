namespace TsDb.Load.Wire;

/// <summary>What went over an uplink.</summary>
/// <param name="Values">Field values written.</param>
/// <param name="GzipBytes">Their line protocol, each request gzipped by itself, without HTTP.</param>
/// <param name="DataBytes">Shipments, in the form they travelled in.</param>
/// <param name="UpBytes">Everything from the edge: shipments, offers, MQTT.</param>
/// <param name="DownBytes">Everything to the edge: answers, MQTT.</param>
/// <param name="DiskBytes">Segment files at the edge.</param>
internal sealed record WireFigures(
    long Values, long GzipBytes, long DataBytes, long UpBytes, long DownBytes, long DiskBytes)
{
    /// <summary>Of the segment files the footers.</summary>
    public long FooterBytes { get; init; }

    /// <summary>How many times fewer bytes than gzipped line protocol, both directions counted.</summary>
    public double Ratio => (double)GzipBytes / (UpBytes + DownBytes);

    /// <summary>Bytes for a value.</summary>
    public double PerValue(long bytes) => (double)bytes / Values;
}
