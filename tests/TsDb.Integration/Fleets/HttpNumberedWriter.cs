using System.Net;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Integration.Fleets;

/// <summary>Writes numbered points over HTTP.</summary>
internal sealed class HttpNumberedWriter(string name, NodeClient node) : NumberedWriter(name, 200)
{
    protected override async Task<bool> TrySendAsync(byte[] lines)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v2/write?bucket=default")
        {
            Content = new ByteArrayContent(lines),
        };
        try
        {
            using HttpResponseMessage response = await node.SendAsync(request, CancellationToken.None);
            Assert.True(
                response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ServiceUnavailable,
                $"{response.StatusCode}");
            return response.StatusCode == HttpStatusCode.NoContent;
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable)
        {
            return false; // The kill: unknown whether it was taken, so it is sent again.
        }
    }
}
