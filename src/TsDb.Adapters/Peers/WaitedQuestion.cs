using System.Net.Sockets;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;

namespace TsDb.Adapters.Peers;

/// <summary>
/// A question for a catalog whose answer a thread may wait for. A task is called back over three threads, the
/// one that hears of the socket, one of the pool that reads, and one that goes on; for an answer that is
/// there within a fraction of a millisecond that is most of the work.
/// </summary>
internal sealed class WaitedQuestion(
    QuestionLines lines, QuestionLine line, NodeId node, CatalogRequest request, CancellationToken ct)
{
    private CatalogReply? _reply;
    private TsDbException? _error;

    /// <summary>What the answer comes on; null if its connection was lost.</summary>
    public QuestionLine? Line { get; private set; } = line;

    /// <summary>Waits on this thread, if not too many threads do so.</summary>
    public void Wait()
    {
        if (Line is null || !lines.TryEnter()) return;
        try
        {
            if (Line.Wait(lines.WaitMax)) _reply = lines.Read(Line, Line.Receive(), node);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // It was kept, and may be one to a process that is gone: another is tried.
            Line = null;
        }
        catch (TsDbException e)
        {
            _error = e;
        }
        finally
        {
            lines.Leave();
        }
    }

    /// <summary>The answer. Errors as those of <see cref="QuestionLines.CatalogAsync"/>.</summary>
    public Task<CatalogReply> AnswerAsync() =>
        _reply is not null ? Task.FromResult(_reply)
        : _error is not null ? Task.FromException<CatalogReply>(_error)
        : lines.CatalogAsync(node, request, ct, this);
}
