using System.Collections.Immutable;
using System.Globalization;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>Looks the names of a statement up. Whatever is not certain ends in null.</summary>
internal sealed class DirectBinder(DirectStatement statement, ResolvedTable table)
{
    private const int NumberDigitsMax = 15;

    private readonly List<DirectTagFilter> _tags = [];
    private readonly List<DirectNumberFilter> _numbers = [];
    private readonly HashSet<ResolvedColumn> _used = [];
    private HashSet<EdgeId>? _edges;
    private long _start = long.MinValue;
    private long _end = long.MaxValue;

    public DirectPlan? TryBind()
    {
        if (!statement.Filters.All(Bind) || Outputs() is not { } items) return null;
        bool isAggregate = items.Exists(item => item.Output is DirectOutput.Aggregate)
            || statement.GroupsByAll || !statement.GroupBy.IsEmpty;
        if (isAggregate && !statement.NewestBy.IsEmpty) return null;
        if (isAggregate ? Grouped(items) : Plain(items)) return Plan(items, isAggregate);
        return null;
    }

    private readonly List<DirectColumn> _keys = [];
    private DirectBucket? _bucket;

    private DirectPlan? Plan(List<(string? Alias, DirectOutput Output)> items, bool isAggregate)
    {
        DirectColumn?[] newest = [.. statement.NewestBy.Select(Find)];
        if (newest.Any(column => column?.Source is not (DirectSource.Tag or DirectSource.Edge))) return null;
        if (statement.NewestByTime is { } time && Find(time)?.Source != DirectSource.Time) return null;
        if (Order(items) is not { } order) return null;

        // Rows as they are come in any order but that of time.
        if (!isAggregate && (order.Length > 1 || order.Any(key => !IsTime(items[key.Output].Output))))
            return null;
        if (isAggregate && order.Any(key => items[key.Output].Output is DirectOutput.Aggregate)) return null;
        long start = Math.Min(_start, _end);
        return new DirectPlan
        {
            Scope = new ScanScope(new TimeRange(start, _end), _edges, null),
            Table = _used.Count == table.Columns.Length
                ? table : table with { Columns = [.. table.Columns.Where(_used.Contains)] },
            Tags = [.. _tags],
            Numbers = [.. _numbers],
            Outputs = [.. items.Select(item => item.Output)],
            Groups = isAggregate,
            Keys = [.. _keys],
            Bucket = _bucket,
            NewestBy = newest.Length == 0 ? default : [.. newest!],
            Order = order,
            Limit = statement.Limit ?? long.MaxValue,
        };
    }

    private List<(string? Alias, DirectOutput Output)>? Outputs()
    {
        List<(string?, DirectOutput)> outputs = [];
        foreach (DirectItem item in statement.Items)
        {
            switch (item)
            {
                case DirectItem.Star:
                    if (table.Columns.Any(column => column.HasConflict)) return null;
                    outputs.Add((null, new DirectOutput.Value(DirectColumn.Time)));
                    outputs.Add((null, new DirectOutput.Value(DirectColumn.Edge)));
                    _used.UnionWith(table.Columns);
                    foreach (ResolvedColumn column in table.Columns)
                        outputs.Add((null, new DirectOutput.Value(Of(column))));
                    break;
                case DirectItem.Column column when Find(column.Name) is { } found:
                    outputs.Add((column.Alias ?? column.Name.Text, new DirectOutput.Value(found)));
                    break;
                case DirectItem.Bucket bucket when Find(bucket.Time)?.Source == DirectSource.Time:
                    DirectBucket stretch = new(bucket.WidthNanoseconds, bucket.OriginNanoseconds);
                    if (_bucket is not null && _bucket != stretch) return null;
                    _bucket = stretch;
                    outputs.Add((bucket.Alias, new DirectOutput.BucketStart()));
                    break;
                case DirectItem.Aggregate { Of: null } count:
                    outputs.Add((count.Alias, new DirectOutput.Aggregate(count.Kind, null)));
                    break;
                case DirectItem.Aggregate aggregate
                    when Find(aggregate.Of!.Value) is { } of && Adds(aggregate.Kind, of):
                    outputs.Add((aggregate.Alias, new DirectOutput.Aggregate(aggregate.Kind, of)));
                    break;
                default:
                    return null;
            }
        }

        return outputs;
    }

    private static bool IsTime(DirectOutput output) =>
        output is DirectOutput.Value { Column.Source: DirectSource.Time };

    private static bool Adds(DirectAggregate kind, DirectColumn of) => of.Source == DirectSource.Field
        && (kind == DirectAggregate.Count || of.Type is ResolvedType.BigInt or ResolvedType.Double);

    private bool Plain(List<(string? Alias, DirectOutput Output)> items) =>
        _bucket is null && items.TrueForAll(item => item.Output is DirectOutput.Value);

    // What is grouped by must be exactly what is selected beside the aggregates.
    private bool Grouped(List<(string? Alias, DirectOutput Output)> items)
    {
        HashSet<int> grouped = [];
        if (statement.GroupsByAll)
            grouped.UnionWith(
                Enumerable.Range(0, items.Count).Where(i => items[i].Output is not DirectOutput.Aggregate));
        foreach (DirectOrder key in statement.GroupBy)
        {
            int place = key.Name is { } name ? GroupPlace(items, name) : key.Place - 1;
            if (place < 0 || place >= items.Count
                || items[place].Output is DirectOutput.Aggregate) return false;
            grouped.Add(place);
        }

        for (int i = 0; i < items.Count; i++)
        {
            if (items[i].Output is DirectOutput.Aggregate) continue;
            if (!grouped.Contains(i)) return false;
            if (items[i].Output is DirectOutput.BucketStart) continue;
            DirectColumn column = ((DirectOutput.Value)items[i].Output).Column;
            if (column.Source is not (DirectSource.Tag or DirectSource.Edge)) return false;
            if (!_keys.Contains(column)) _keys.Add(column);
            items[i] = (items[i].Alias, new DirectOutput.Key(_keys.IndexOf(column)));
        }

        return true;
    }

    // In GROUP BY a column of the table hides an alias of the same name.
    private int GroupPlace(List<(string? Alias, DirectOutput Output)> items, DirectName name)
    {
        if (Find(name) is { } column)
            return items.FindIndex(item => item.Output is DirectOutput.Value value && value.Column == column);
        return HasName(name.Text) ? -1 : AliasPlace(items, name);
    }

    private static int AliasPlace(List<(string? Alias, DirectOutput Output)> items, DirectName name)
    {
        int place = items.FindIndex(item => IsSame(item.Alias, name.Text));
        return place == items.FindLastIndex(item => IsSame(item.Alias, name.Text)) ? place : -1;
    }

    private ImmutableArray<(int Output, bool IsDescending)>? Order(
        List<(string? Alias, DirectOutput Output)> items)
    {
        ImmutableArray<(int, bool)>.Builder order = ImmutableArray.CreateBuilder<(int, bool)>();
        foreach (DirectOrder key in statement.OrderBy)
        {
            int place = key.Name is { } name ? AliasPlace(items, name) : key.Place - 1;

            // SELECT *: the time is the first column.
            if (place < 0 && key.Name is { } hidden && Find(hidden) == DirectColumn.Time)
                place = items.FindIndex(item => IsTime(item.Output));
            if (place < 0 || place >= items.Count) return null;
            order.Add((place, key.IsDescending));
        }

        return order.ToImmutable();
    }

    private bool Bind(DirectFilter filter)
    {
        if (Find(filter.Column) is not { } column) return false;
        switch (filter)
        {
            case DirectFilter.OneOf oneOf when column.Source == DirectSource.Tag:
                _tags.Add(new DirectTagFilter(column.Name, oneOf.Values));

                // No tag is empty text: an absent tag is null.
                return true;
            case DirectFilter.OneOf oneOf when column.Source == DirectSource.Edge:
                HashSet<EdgeId> edges = [.. oneOf.Values.Where(EdgeId.IsValid).Select(id => new EdgeId(id))];
                if (_edges is null) _edges = edges;
                else _edges.IntersectWith(edges);
                return true;
            case DirectFilter.Moment moment when column.Source == DirectSource.Time:
                return MomentText.TryParse(moment.Text, moment.IsTyped, out long time)
                    && Bound(moment.Is, time);
            case DirectFilter.Number number when column.Source == DirectSource.Field:
                return Bind(column, number);
            default:
                return false;
        }
    }

    private bool Bound(DirectComparison comparison, long time)
    {
        if (time is <= long.MinValue + 1 or >= long.MaxValue - 1) return false;
        switch (comparison)
        {
            case DirectComparison.Equal:
                _start = Math.Max(_start, time);
                _end = Math.Min(_end, time + 1);
                break;
            case DirectComparison.Less:
                _end = Math.Min(_end, time);
                break;
            case DirectComparison.LessOrEqual:
                _end = Math.Min(_end, time + 1);
                break;
            case DirectComparison.Greater:
                _start = Math.Max(_start, time + 1);
                break;
            default:
                _start = Math.Max(_start, time);
                break;
        }

        return true;
    }

    private bool Bind(DirectColumn column, DirectFilter.Number number)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        long integer = 0;
        double real = 0;
        DirectComparison comparison = number.Is;
        bool isRight = column.Type switch
        {
            ResolvedType.BigInt => TryInteger(number.Text, ref comparison, out integer),
            ResolvedType.Double => number.Text.Count(char.IsAsciiDigit) <= NumberDigitsMax
                && double.TryParse(number.Text, Style, CultureInfo.InvariantCulture, out real),
            _ => false,
        };
        if (isRight) _numbers.Add(new DirectNumberFilter(column.Name, comparison, integer, real));
        return isRight;
    }

    // What an integer is compared with: a decimal by the integer below it, which no integer lies between.
    private static bool TryInteger(string text, ref DirectComparison comparison, out long integer)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer))
            return true;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (text.Count(char.IsAsciiDigit) > NumberDigitsMax
            || !decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out decimal value)) return false;
        integer = (long)decimal.Floor(value);
        if (value == integer) return true;
        switch (comparison)
        {
            case DirectComparison.Greater or DirectComparison.GreaterOrEqual:
                comparison = DirectComparison.Greater;
                return true;
            case DirectComparison.Less or DirectComparison.LessOrEqual:
                comparison = DirectComparison.LessOrEqual;
                return true;
            default:
                return false;
        }
    }

    private static DirectColumn Of(ResolvedColumn column) => new(
        column.Role == ColumnRole.Tag ? DirectSource.Tag : DirectSource.Field, column.Name, column.Type);

    // Null too if it is there but its type depends on where the rows are.
    private DirectColumn? Find(DirectName name)
    {
        bool isReserved = name.Text is TypeResolver.TimeName or TypeResolver.EdgeName;
        if (!isReserved && table.Columns.Any(c => c.Name == name.Text && c.SqlName != name.Text))
            return null;
        if (IsSame(name.Text, TypeResolver.TimeName)) return DirectColumn.Time;
        if (IsSame(name.Text, TypeResolver.EdgeName)) return DirectColumn.Edge;
        ResolvedColumn? exact = table.Columns.FirstOrDefault(column => column.SqlName == name.Text);
        ResolvedColumn[] close = [.. table.Columns.Where(column => IsSame(column.SqlName, name.Text)
            || IsSame(column.Name, name.Text))];
        ResolvedColumn? found = close.Length == 1 ? close[0] : null;
        if (exact is not null && exact != found) return null;
        if (found is not { HasConflict: false } || !IsSame(found.SqlName, name.Text)) return null;
        _used.Add(found);
        return Of(found);
    }

    private bool HasName(string name) => table.Columns.Any(column => IsSame(column.SqlName, name));

    private static bool IsSame(string? one, string other) =>
        other.Equals(one, StringComparison.OrdinalIgnoreCase);
}
