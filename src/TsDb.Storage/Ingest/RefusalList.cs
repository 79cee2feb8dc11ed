using System.Collections.Immutable;
using System.Text;

namespace TsDb.Storage.Ingest;

/// <summary>
/// The refused points of one request: all counted, the first ones listed with the line they stand in.
/// </summary>
internal sealed class RefusalList(int listedMax)
{
    /// <summary>An answer quotes this much of a line.</summary>
    private const int LineBytesMax = 1_024;

    private readonly ImmutableArray<LineRefusal>.Builder _listed =
        ImmutableArray.CreateBuilder<LineRefusal>();
    private long _lineNumber = 1;
    private int _countedTo;
    private bool _malformed;

    /// <summary>Refused points.</summary>
    public long Count { get; private set; }

    /// <summary>Why the first of them was refused; null if none was.</summary>
    public string? FirstReason => _listed.Count == 0 ? null : _listed[0].Reason;

    /// <summary>Adds a line of a body; lines come in their order.</summary>
    public void Add(Refusal refusal, ReadOnlySpan<byte> body, int lineStart, ReadOnlySpan<byte> line)
    {
        if (_listed.Count < listedMax)
        {
            _lineNumber += body[_countedTo..lineStart].Count((byte)'\n');
            _countedTo = lineStart;
        }

        Add(refusal, _lineNumber, line);
    }

    /// <summary>Adds a point by its number.</summary>
    public void Add(Refusal refusal, long number, ReadOnlySpan<byte> text)
    {
        Count++;
        _malformed |= refusal.Kind == RefusalKind.Malformed;
        if (_listed.Count >= listedMax) return;
        string quoted = Encoding.UTF8.GetString(text.Length <= LineBytesMax ? text : text[..LineBytesMax]);
        _listed.Add(new LineRefusal(number, refusal.Offset, refusal.Kind, refusal.Reason, quoted));
    }

    /// <summary>The points that go in by the rules of the dialect.</summary>
    public ParsedPoints Finish(RequestTables tables, IngestRules rules)
    {
        bool whole = Count > 0
            && (!rules.AcceptPartial || (rules.Dialect == IngestDialect.V2 && _malformed));
        return new ParsedPoints(
            whole ? [] : tables.Build(),
            whole ? 0 : tables.RowCount,
            Count,
            _listed.ToImmutable(),
            whole)
        {
            NewTagValues = whole ? [] : tables.NewTagValues(),
        };
    }
}
