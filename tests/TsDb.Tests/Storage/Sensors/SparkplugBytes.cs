using System.Text;

namespace TsDb.Tests.Storage.Sensors;

/// <summary>
/// Writes Sparkplug payloads byte by byte from the specification's field numbers, so that the reader under
/// test is not its own witness.
/// </summary>
internal sealed class SparkplugBytes
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public static byte[] Payload(ulong? timestamp, ulong? sequence, params byte[][] metrics)
    {
        SparkplugBytes payload = new();
        if (timestamp is { } time) payload.Number(1, time);
        foreach (byte[] metric in metrics) payload.Message(2, metric);
        if (sequence is { } number) payload.Number(3, number);
        return payload.Bytes;
    }

    public static byte[] Metric(
        string? name, int? type = null, Action<SparkplugBytes>? value = null, ulong? alias = null,
        ulong? timestamp = null)
    {
        SparkplugBytes metric = new();
        if (name is not null) metric.Message(1, Encoding.UTF8.GetBytes(name));
        if (alias is { } number) metric.Number(2, number);
        if (timestamp is { } time) metric.Number(3, time);
        if (type is { } code) metric.Number(4, (ulong)code);
        if (value is null) metric.Number(7, 1);
        else value(metric);
        return metric.Bytes;
    }

    public static Action<SparkplugBytes> Int(long value) => to => to.Number(10, unchecked((uint)value));

    public static Action<SparkplugBytes> Long(long value) => to => to.Number(11, unchecked((ulong)value));

    public static Action<SparkplugBytes> Float(float value) => to =>
        to.Fixed(12, BitConverter.GetBytes(value));

    public static Action<SparkplugBytes> Double(double value) =>
        to => to.Fixed(13, BitConverter.GetBytes(value));

    public static Action<SparkplugBytes> Bool(bool value) => to => to.Number(14, value ? 1UL : 0);

    public static Action<SparkplugBytes> Text(string value) => to =>
        to.Message(15, Encoding.UTF8.GetBytes(value));

    public static Action<SparkplugBytes> Raw(byte[] value) => to => to.Message(16, value);

    public static Action<SparkplugBytes> Template(params byte[][] metrics) => to =>
    {
        SparkplugBytes template = new();
        foreach (byte[] metric in metrics) template.Message(2, metric);
        to.Message(18, template.Bytes);
    };

    public void Number(int field, ulong value)
    {
        Variable((ulong)field << 3);
        Variable(value);
    }

    public void Message(int field, byte[] value)
    {
        Variable(((ulong)field << 3) | 2);
        Variable((ulong)value.Length);
        _bytes.AddRange(value);
    }

    private void Fixed(int field, byte[] value)
    {
        Variable(((ulong)field << 3) | (value.Length == 4 ? 5UL : 1UL));
        _bytes.AddRange(value);
    }

    private void Variable(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
