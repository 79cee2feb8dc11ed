using System.Net;
using System.Net.Sockets;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Tests.Adapters.Flight;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>A cluster port on which nothing but lines is answered; it counts them.</summary>
internal sealed class LineCallee(QuestionServer server) : IClusterCallee
{
    private int _taken;

    public QuestionServer Server => server;

    public int Taken => Volatile.Read(ref _taken);

    public ClusterId Cluster => FakeCluster.Id;

    public ClusterVerdict Judge(ClusterPreface preface) =>
        preface.Purpose == ClusterPurpose.Question ? ClusterVerdict.Welcome : ClusterVerdict.NotYet;

    public bool TakeRaft(NetworkStream stream, EndPoint? remote) => false;

    public bool TakeQuestions(NetworkStream stream)
    {
        Interlocked.Increment(ref _taken);
        return server.Take(stream);
    }

    public Task<TalkReply> AnswerAsync(TalkRequest request, CancellationToken ct) =>
        throw new NotSupportedException("only lines are asked for here");
}
