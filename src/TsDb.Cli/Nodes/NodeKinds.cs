using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Nodes;

/// <summary>Tells edges from cloud nodes, and says which kind is wanted.</summary>
internal static class NodeKinds
{
    extension(NodeClient node)
    {
        /// <summary>
        /// The status of a cloud node that is in its cluster. Throws <see cref="ErrorKind.Invalid"/> for an
        /// edge, <see cref="ErrorKind.Unavailable"/> with what it waits for while there is no cluster.
        /// </summary>
        /// <param name="option">The option that named the node.</param>
        /// <param name="ct">Ends the waiting.</param>
        public async Task<JsonNode> MemberStatusAsync(string option, CancellationToken ct)
        {
            JsonNode status = await node.GetJsonAsync("/api/v1/status", ct);
            if (status["cluster"] is not { } cluster)
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"{node.Url} is an edge, {option} wants a cloud node (such as http://127.0.0.1:8088)");
            }

            if (cluster["founded"]?.GetValue<bool>() == true) return status;
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"{node.Url} ({status["id"]}) is not in a cluster yet: "
                + (cluster["waiting_for"]?.ToString() ?? "no leader was heard of"));
        }

        /// <summary>Throws <see cref="ErrorKind.Invalid"/> if the node is a cloud node.</summary>
        public async Task RequireEdgeAsync(CancellationToken ct)
        {
            if ((await node.GetJsonAsync("/api/v1/status", ct))["cluster"] is null) return;
            throw new TsDbException(
                ErrorKind.Invalid,
                $"{node.Url} is a cloud node, --url wants an edge (such as http://127.0.0.1:8086)");
        }
    }
}
