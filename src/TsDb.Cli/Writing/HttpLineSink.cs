using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Writing;

/// <summary>Posts lines to an edge; waits and tries again while it says that it has no room.</summary>
internal sealed class HttpLineSink(string url, string database, string precision, TimeProvider clock)
    : ILineSink
{
    private const int TriesMax = 60;
    private static readonly TimeSpan WaitDefault = TimeSpan.FromSeconds(1);

    private readonly NodeClient _node = new(url);

    private readonly string _path =
        $"/api/v3/write_lp?db={Uri.EscapeDataString(database)}&precision={precision}&accept_partial=true";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedLine>> SendAsync(LineBatch batch, CancellationToken ct)
    {
        for (int tries = 1; ; tries++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, _path)
            {
                Content = new ReadOnlyMemoryContent(batch.Lines),
            };
            using HttpResponseMessage response = await _node.SendAsync(request, ct);
            bool busy = response.StatusCode
                is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
            if (busy && tries < TriesMax)
            {
                await Task.Delay(response.Headers.RetryAfter?.Delta ?? WaitDefault, clock, ct);
                continue;
            }

            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
                return Refused(await response.Content.ReadAsStringAsync(ct), batch);
            await NodeClient.RequireSuccessAsync(response, ct);
            return [];
        }
    }

    public ValueTask DisposeAsync()
    {
        _node.Dispose();
        return ValueTask.CompletedTask;
    }

    private static IReadOnlyList<RefusedLine> Refused(string body, LineBatch batch)
    {
        try
        {
            JsonNode? answer = JsonNode.Parse(body);
            if (answer?["data"] is JsonArray data)
            {
                return [.. data.Select(line => new RefusedLine(
                    line?["line_number"]?.GetValue<long>() ?? 0,
                    line?["error_message"]?.ToString() ?? "",
                    line?["original_line"]?.ToString() ?? ""))];
            }

            if (answer?["error"] is JsonValue said)
                throw new TsDbException(ErrorKind.Conflict, said.ToString());
        }
        catch (JsonException)
        {
            // Not an edge's answer: shown below as it came.
        }

        throw new TsDbException(ErrorKind.Conflict, $"the edge refused {batch.LineCount} lines: {body}");
    }
}
