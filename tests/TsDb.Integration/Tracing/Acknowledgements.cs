using System.Text;
using System.Text.RegularExpressions;

namespace TsDb.Integration.Tracing;

/// <summary>Finds what an edge acknowledged, in the bytes that went over its sockets.</summary>
internal static partial class Acknowledgements
{
    /// <summary>A mark of number <paramref name="n"/>: marks of one letter differ, and none begins
    /// another.</summary>
    public static string Mark(char letter, int n) => $"mark-{letter}-{n:D5}";

    public static IEnumerable<Acknowledgement> In(IReadOnlyList<SystemCall> calls) =>
        TracedSocket.In(calls).SelectMany(socket =>
            socket.IsMqttBroker ? Pubacks(socket) : socket.IsMqtt ? [] : NoContents(socket));

    /// <summary>
    /// A client that waits for each answer: what came since the last answer is what this one is about.
    /// </summary>
    private static IEnumerable<Acknowledgement> NoContents(TracedSocket socket)
    {
        int seen = 0;
        (SystemCall Call, string Text)[] asked =
            [.. socket.Received.Parts.Select(part => (part.Call, Encoding.Latin1.GetString(part.Bytes)))];
        foreach ((SystemCall answer, byte[] bytes) in socket.Sent.Parts)
        {
            string request = "";
            SystemCall? last = null;
            for (; seen < asked.Length && asked[seen].Call.IsDoneBefore(answer); seen++)
            {
                request += asked[seen].Text;
                last = asked[seen].Call;
            }

            if (bytes.AsSpan().StartsWith("HTTP/1.1 204 "u8) && last is not null && !IsWithoutPoints(request))
                yield return new Acknowledgement("204", MarkIn(request), last, answer);
        }
    }

    // An edge rehearses before it is ready, with bodies of comments: their 204 acknowledges nothing.
    private static bool IsWithoutPoints(string request)
    {
        int end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string body = request[(end < 0 ? 0 : end + 4)..];
        return body.StartsWith('#') && body.Split('\n').All(line => line.Length == 0 || line[0] == '#');
    }

    private static IEnumerable<Acknowledgement> Pubacks(TracedSocket socket)
    {
        MqttPacket[] asked = [.. MqttPacket.In(socket.Received).Where(packet => packet.IsPublish)];
        foreach (MqttPacket answer in MqttPacket.In(socket.Sent).Where(packet => packet.IsPuback))
        {
            // Ids are used again: the newest publish of that id before the answer.
            MqttPacket publish = asked.Last(
                packet => packet.Id == answer.Id && packet.Last.IsDoneBefore(answer.First));
            yield return new Acknowledgement(
                "PUBACK", MarkIn(Encoding.Latin1.GetString(publish.Body)), publish.Last, answer.First);
        }
    }

    private static string MarkIn(string request) =>
        Marks().Matches(request) is [Match one]
            ? one.Value
            : throw new InvalidDataException($"a request of this test has one mark: {request}");

    [GeneratedRegex(@"mark-\w-\d{5}")]
    private static partial Regex Marks();
}
