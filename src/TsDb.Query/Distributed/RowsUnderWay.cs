namespace TsDb.Query.Distributed;

/// <summary>All <see cref="RowsBehind"/> that one try of a query was sent, so that none is left open: not of
/// a node whose answer came too late either. Safe to call from many threads.</summary>
internal sealed class RowsUnderWay : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RowsBehind> _rows = [];
    private bool _isOver;

    /// <summary>Sees to rows; null is none. After the end they are given up at once.</summary>
    public void Add(RowsBehind? rows)
    {
        if (rows is null) return;
        lock (_gate)
        {
            if (!_isOver)
            {
                _rows.Add(rows);
                return;
            }
        }

        rows.Dispose();
    }

    /// <summary>Gives up what nobody has taken.</summary>
    public void Dispose()
    {
        lock (_gate) _isOver = true;
        foreach (RowsBehind rows in _rows) rows.Dispose();
    }
}
