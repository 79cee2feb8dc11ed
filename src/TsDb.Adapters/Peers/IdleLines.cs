using System.Collections.Concurrent;

namespace TsDb.Adapters.Peers;

/// <summary>Lines to one node that wait for a question. Safe to call from many threads.</summary>
internal sealed class IdleLines
{
    // What is left over after a burst of questions.
    private const int IdleMax = 32;

    private readonly ConcurrentStack<QuestionLine> _blocking = [];
    private readonly ConcurrentStack<QuestionLine> _awaited = [];

    /// <summary>True if there is none on which a thread may wait.</summary>
    public bool LacksBlocking => _blocking.IsEmpty;

    /// <summary>True if there is none.</summary>
    public bool IsEmpty => _awaited.IsEmpty && _blocking.IsEmpty;

    /// <summary>A line on which a thread may wait; null if there is none.</summary>
    public QuestionLine? TakeBlocking() => _blocking.TryPop(out QuestionLine? line) ? line : null;

    /// <summary>A line that a task has waited for; null if there is none.</summary>
    public QuestionLine? TakeAwaited() => _awaited.TryPop(out QuestionLine? line) ? line : null;

    /// <summary>A line for a task, if possible one that no thread could wait on; null if there is
    /// none.</summary>
    public QuestionLine? Take() => TakeAwaited() ?? TakeBlocking();

    /// <summary>Keeps a line on which all was answered.</summary>
    public void GiveBack(QuestionLine line)
    {
        ConcurrentStack<QuestionLine> lines = line.MayBlock ? _blocking : _awaited;
        if (lines.Count >= IdleMax) line.Dispose();
        else lines.Push(line);
    }

    /// <summary>Closes all that are here.</summary>
    public void Clear()
    {
        while (Take() is { } line) line.Dispose();
    }
}
