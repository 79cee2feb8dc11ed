namespace TsDb.Model;

/// <summary>An unbroken run of ordinals of one (cell, incarnation), both ends included.</summary>
public readonly record struct OrdinalRange
{
    /// <summary>Creates a run; throws <see cref="ErrorKind.Invalid"/> unless 1 &lt;= first &lt;=
    /// last.</summary>
    public OrdinalRange(Ordinal first, Ordinal last)
    {
        if (first.Value < 1 || last.Value < first.Value)
            throw new TsDbException(ErrorKind.Invalid, $"ordinals {first.Value}..{last.Value} are not a run");
        (First, Last) = (first, last);
    }

    /// <summary>The lowest ordinal of the run.</summary>
    public Ordinal First { get; }

    /// <summary>The highest ordinal of the run.</summary>
    public Ordinal Last { get; }

    /// <summary>How many ordinals the run has.</summary>
    public long Count => Last.Value - First.Value + 1;

    /// <summary>True if every ordinal of <paramref name="other"/> is in this run.</summary>
    public bool Contains(OrdinalRange other) =>
        First.Value <= other.First.Value && other.Last.Value <= Last.Value;
}
