using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>
/// Messages that are stored together. Each is parsed as it comes, straight into the columns that all of them
/// share, so that a commit of many small messages costs about as much as one of a large request.
/// </summary>
internal sealed class MessageGroup(IngestSetup setup, SchemaCatalog schemas) : IDisposable
{
    private readonly List<GatheredMessage> _messages = [];
    private readonly List<Section> _sections = [];
    private SchemaCatalog _schemas = schemas;
    private ParsedPoints? _parsed;

    /// <summary>The messages, in the order taken.</summary>
    public IReadOnlyList<GatheredMessage> Messages => _messages;

    /// <summary>Payload bytes of the messages.</summary>
    public long PayloadBytes { get; private set; }

    /// <summary>
    /// Takes a message; false, and nothing has changed, if it does not fit beside the others. One that does
    /// not even fit alone is taken as a refused one.
    /// </summary>
    public bool TryAdd(GatheredMessage message)
    {
        if (TryTake(message) is { } tooMuch)
        {
            Clear();
            if (_messages.Count > 0)
            {
                foreach (GatheredMessage earlier in _messages) TryTake(earlier);
                return false;
            }

            message.LimitReason = tooMuch.Message;
            TryTake(message);
        }

        _messages.Add(message);
        PayloadBytes += message.PayloadBytes;
        return true;
    }

    /// <summary>
    /// All points, checked against a state of the schemas; parsed anew if it is not the one of before. Throws
    /// <see cref="ErrorKind.TooLarge"/> if they do not fit together any more.
    /// </summary>
    public ParsedPoints Parse(SchemaCatalog schemas)
    {
        if (!ReferenceEquals(schemas, _schemas))
        {
            Clear();
            _schemas = schemas;
            foreach (GatheredMessage message in _messages)
            {
                // What fitted together before does not any more: each has to be tried by itself.
                if (TryTake(message) is { } tooMuch) throw tooMuch;
            }
        }

        return _parsed ??= Join();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    /// <summary>
    /// Parses a message; why it cannot be taken beside the others, if so: then the columns hold a part of it,
    /// and have to be made anew.
    /// </summary>
    private Exception? TryTake(GatheredMessage message)
    {
        if ((message.Refusal ?? message.LimitReason) is { } refusal)
        {
            (message.Rows, message.RefusedCount, message.Reason) = (0, 1, refusal);
            return null;
        }

        if (message.Rules is null) return null;

        Section section = SectionOf(message);
        long before = section.Tables.RowCount;
        try
        {
            RefusalList? refusals = section.Take(message);
            section.Tables.RequireRoom();
            message.Rows = section.Tables.RowCount - before;
            (message.RefusedCount, message.Reason) = (refusals?.Count ?? 0, refusals?.FirstReason);
            return null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A limit of requests, or a fault of ours: whatever it is, it must not take the others along.
            return error;
        }
    }

    private Section SectionOf(GatheredMessage message)
    {
        foreach (Section section in _sections)
        {
            if (section.Fits(message)) return section;
        }

        Section added = new(message, _schemas, setup);
        _sections.Add(added);
        return added;
    }

    private ParsedPoints Join()
    {
        ImmutableArray<ParsedPoints> parts = [.. _sections.Select(section => section.Finish())];
        return ParsedPoints.Join(parts) with { RefusedCount = _messages.Sum(message =>
            message.RefusedCount) };
    }

    private void Clear()
    {
        foreach (Section section in _sections) section.Dispose();
        _sections.Clear();
        _parsed = null;
    }

    /// <summary>
    /// The columns of messages that share a database, a unit of time and a way to write names.
    /// </summary>
    private sealed class Section : IDisposable
    {
        private readonly IngestRules _rules;
        private readonly LineProtocolIngest.Intake? _lines;

        public Section(GatheredMessage message, SchemaCatalog schemas, IngestSetup setup)
        {
            _rules = message.Rules!;
            if (message.Points is null)
            {
                _lines = new LineProtocolIngest.Intake(schemas, _rules, setup);
                Tables = _lines.Tables;
            }
            else Tables = new RequestTables(schemas, _rules, setup, namesAreEscaped: false);
        }

        public RequestTables Tables { get; }

        public bool Fits(GatheredMessage message) =>
            message.Points is null == _lines is not null
            && (ReferenceEquals(message.Rules, _rules) || message.Rules == _rules);

        public RefusalList? Take(GatheredMessage message)
        {
            if (_lines is not null) return _lines.TakeBody(message.Lines.Span);
            RefusalList refusals = new(listedMax: 1);
            SensorJsonIngest.TakeAll(Tables, message.Json!, message.Points!, refusals);
            return refusals;
        }

        public ParsedPoints Finish() => new RefusalList(listedMax: 1).Finish(Tables, _rules);

        public void Dispose()
        {
            if (_lines is not null) _lines.Dispose();
            else Tables.Dispose();
        }
    }
}
