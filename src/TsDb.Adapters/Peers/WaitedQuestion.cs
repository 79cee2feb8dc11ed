using System.Net.Sockets;
using TsDb.Model;

namespace TsDb.Adapters.Peers;

/// <summary>
/// A question for a catalog whose answer a thread may wait for. A task is called back over three threads, the
/// one that hears of the socket, one of the pool that reads, and one that goes on; for an answer that is
/// there within a fraction of a millisecond that is most of the work.
/// </summary>
/// <param name="lines">Whose line it is.</param>
/// <param name="line">The line.</param>
/// <param name="address">Where it leads.</param>
/// <param name="finish">Waits for the answer without a thread, or asks once more if the line was
/// lost.</param>
internal sealed class WaitedQuestion(
    QuestionLines lines, QuestionLine line, string address,
    Func<WaitedQuestion, Task<LineReply>> finish)
{
    private LineReply? _reply;
    private TsDbException? _error;

    /// <summary>What the answer comes on; null if its connection was lost.</summary>
    public QuestionLine? Line { get; private set; } = line;

    /// <summary>Waits on this thread, if not too many threads do so.</summary>
    public void Wait()
    {
        if (Line is null || !lines.TryEnter()) return;
        try
        {
            if (Line.Wait(lines.WaitMax)) _reply = lines.ReadReply(Line, Line.Receive(), address);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It was kept, and may be one to a process that is gone: another is tried.
            Line.Dispose();
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
    public Task<LineReply> AnswerAsync() =>
        _reply is not null ? Task.FromResult(_reply)
        : _error is not null ? Task.FromException<LineReply>(_error)
        : finish(this);
}
