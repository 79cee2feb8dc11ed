using System.Net;
using System.Net.Sockets;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>Whoever decides about callers of the cluster port and answers them.</summary>
internal interface IClusterCallee
{
    /// <summary>The cluster of this node; default for none.</summary>
    ClusterId Cluster { get; }

    /// <summary>Whether a caller may go on.</summary>
    ClusterVerdict Judge(ClusterPreface preface);

    /// <summary>Takes over a connection of the consensus engine; false if it cannot.</summary>
    bool TakeRaft(NetworkStream stream, EndPoint? remote);

    /// <summary>Takes over a connection of another member's queries; false if it cannot.</summary>
    bool TakeQuestions(NetworkStream stream);

    /// <summary>
    /// Answers a question. Throws <see cref="TsDbException"/> for what goes back as a failure.
    /// </summary>
    Task<TalkReply> AnswerAsync(TalkRequest request, CancellationToken ct);
}
