using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using TsDb.Query.Analysis;

namespace TsDb.Query.Direct;

/// <summary>
/// Recognises the statements of the direct path by recursive descent. It never guesses: at the first piece it
/// does not know, the statement is none of its own.
/// </summary>
internal sealed class DirectParser
{
    private const int TokensMax = 2_000;
    private const long Second = 1_000_000_000;

    // The engine's own buckets of less than a month begin at this Monday, 2000-01-03.
    private const long BucketOrigin = 946_857_600 * Second;

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "select", "from", "where", "group", "order", "by", "limit", "offset", "having", "qualify", "as",
        "and", "or", "not", "in", "is", "null", "true", "false", "case", "when", "then", "else", "end",
        "distinct", "all", "asc", "desc", "nulls", "join", "on", "using", "union", "except", "intersect",
        "window", "over", "filter", "cast", "interval", "timestamp", "date", "exists", "any", "some",
        "between", "like", "ilike", "collate", "lateral",
    };

    private static readonly string[] SystemSchemas = ["information_schema", "pg_catalog"];

    private readonly List<SqlToken> _tokens = [];
    private readonly StringBuilder _shape = new();
    private readonly string _sql;
    private int _at;

    public DirectParser(string sql)
    {
        _sql = sql;
        SqlLexer lexer = new(sql);
        SqlToken token;
        do
        {
            token = lexer.Next();
            _tokens.Add(token);
        }
        while (token.Kind is not (SqlTokenKind.End or SqlTokenKind.Unknown) && _tokens.Count < TokensMax);
    }

    private SqlToken Current => _tokens[_at];

    public DirectStatement? TryParse()
    {
        if (_tokens[^1].Kind != SqlTokenKind.End || !Take("select")) return null;
        if (Items() is not { } items || !Take("from") || Table() is not { } table) return null;
        List<DirectFilter> filters = [];
        if (Take("where") && !Filters(filters)) return null;
        List<DirectOrder> groups = [];
        bool all = false;
        if (Take("group")
            && (!Take("by") || !((all = Take("all")) || Keys(groups, isOrder: false)))) return null;
        List<DirectName> newest = [];
        DirectName? newestTime = null;
        if (Take("qualify") && !Newest(newest, out newestTime)) return null;
        List<DirectOrder> orders = [];
        if (Take("order") && (!Take("by") || !Keys(orders, isOrder: true))) return null;
        long? limit = null;
        if (Take("limit"))
        {
            if (Current.Kind != SqlTokenKind.Number || !long.TryParse(
                Current.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long rows)) return null;
            limit = rows;
            _at++;
        }

        TakeSymbol(";");
        if (Current.Kind != SqlTokenKind.End) return null;
        return new DirectStatement
        {
            Sql = _sql,
            Table = table,
            Shape = Shape(),
            Items = [.. items],
            Filters = [.. filters],
            GroupBy = [.. groups],
            GroupsByAll = all,
            NewestBy = [.. newest],
            NewestByTime = newestTime,
            OrderBy = [.. orders],
            Limit = limit,
        };
    }

    // Constants are left out, and of the texts of a list it does not matter how many there are.
    private string Shape()
    {
        for (int i = 0; i < _tokens.Count; i++)
        {
            SqlToken token = _tokens[i];
            if (token.IsSymbol(",") && i > 0 && _tokens[i - 1].Kind == SqlTokenKind.Text
                && _tokens[i + 1].Kind == SqlTokenKind.Text)
            {
                i++;
                continue;
            }

            // The unit of date_trunc decides the type of its result.
            bool isUnit = i >= 2 && _tokens[i - 2].Is("date_trunc");
            _shape.Append(token.Kind switch
            {
                SqlTokenKind.Text when !isUnit => "'",
                SqlTokenKind.Name => $"\"{token.Text}\"",
                SqlTokenKind.Number when !IsPlace(i) && !token.Text.Contains('.') => "0",
                _ => token.Text,
            }).Append(' ');
        }

        return _shape.ToString();
    }

    // GROUP BY 1, ORDER BY 2: a number there is no constant.
    private bool IsPlace(int token)
    {
        for (int i = token - 1; i >= 0; i--)
        {
            if (_tokens[i].Is("by")) return true;
            if (_tokens[i].Kind is not (SqlTokenKind.Number or SqlTokenKind.Name or SqlTokenKind.Word)
                && !_tokens[i].IsSymbol(",")) return false;
            if (_tokens[i].Is("limit")) return false;
        }

        return false;
    }

    private List<DirectItem>? Items()
    {
        List<DirectItem> items = [];
        if (TakeSymbol("*"))
        {
            items.Add(new DirectItem.Star());
            return items;
        }

        do
        {
            if (Item() is not { } item) return null;
            items.Add(item);
        }
        while (TakeSymbol(","));
        return items;
    }

    private DirectItem? Item()
    {
        if (Current.Kind == SqlTokenKind.Word && _tokens[_at + 1].IsSymbol("(")) return Call();
        return Name() is { } name && Alias() is (true, var alias) ? new DirectItem.Column(name, alias) : null;
    }

    private DirectItem? Call()
    {
        string function = Current.Text.ToLowerInvariant();
        _at += 2;
        if (function == "date_trunc") return Truncation();
        if (function == "time_bucket") return TimeBucket();
        DirectAggregate? kind = function switch
        {
            "count" => DirectAggregate.Count,
            "sum" => DirectAggregate.Sum,
            "min" => DirectAggregate.Min,
            "max" => DirectAggregate.Max,
            "avg" or "mean" => DirectAggregate.Avg,
            _ => null,
        };
        if (kind is not { } known) return null;
        DirectName? of = null;
        if (!(known == DirectAggregate.Count && TakeSymbol("*")) && (of = Name()) is null) return null;
        return TakeSymbol(")") && Alias() is (true, var alias)
            ? new DirectItem.Aggregate(known, of, alias)
            : null;
    }

    private DirectItem.Bucket? Truncation()
    {
        if (Current.Kind != SqlTokenKind.Text) return null;
        string unit = Current.Text.ToLowerInvariant();
        long width = unit switch
        {
            "second" => Second,
            "minute" => 60 * Second,
            "hour" => 3_600 * Second,
            "day" => 86_400 * Second,
            _ => 0,
        };
        _at++;
        if (width == 0 || !TakeSymbol(",") || Name() is not { } time || !TakeSymbol(")")) return null;
        return Alias() is (true, var alias) ? new DirectItem.Bucket(width, 0, time, unit, alias) : null;
    }

    private DirectItem.Bucket? TimeBucket()
    {
        if (!Take("interval") || Interval() is not { } width || !TakeSymbol(",")) return null;
        if (Name() is not { } time || !TakeSymbol(")")) return null;
        return Alias() is (true, var alias)
            ? new DirectItem.Bucket(width, BucketOrigin, time, null, alias)
            : null;
    }

    // '5 minutes', 5 MINUTES, '5' MINUTES
    private long? Interval()
    {
        if (Current.Kind is not (SqlTokenKind.Text or SqlTokenKind.Number)) return null;
        string[] parts = Current.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _at++;
        string unit;
        if (parts.Length == 2) unit = parts[1];
        else if (parts.Length == 1 && Current.Kind == SqlTokenKind.Word) unit = _tokens[_at++].Text;
        else return null;
        long width = unit.ToLowerInvariant().TrimEnd('s') switch
        {
            "second" => Second,
            "minute" => 60 * Second,
            "hour" => 3_600 * Second,
            "day" => 86_400 * Second,
            _ => 0,
        };
        return int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is > 0 and < 100_000 && width > 0
            ? count * width
            : null;
    }

    private TableName? Table()
    {
        if (Name() is not { } first) return null;
        if (!TakeSymbol(".")) return new TableName(null, first.Text);
        bool isSystem = SystemSchemas.Contains(first.Text, StringComparer.OrdinalIgnoreCase);
        return Name() is { } second && !isSystem ? new TableName(first.Text, second.Text) : null;
    }

    private bool Filters(List<DirectFilter> filters)
    {
        do
        {
            if (Filter() is not { } filter) return false;
            filters.Add(filter);
        }
        while (Take("and"));
        return true;
    }

    private DirectFilter? Filter()
    {
        if (Name() is not { } column) return null;
        if (Take("in"))
            return TakeSymbol("(") && Texts() is { } texts ? new DirectFilter.OneOf(column, texts) : null;
        if (Current.Kind != SqlTokenKind.Symbol
            || Comparison(Current.Text) is not { } comparison) return null;
        _at++;
        bool isTyped = Take("timestamp");
        if (Current.Kind == SqlTokenKind.Text)
        {
            string text = _tokens[_at++].Text;
            return comparison == DirectComparison.Equal && !isTyped && !IsTime(column)
                ? new DirectFilter.OneOf(column, [text])
                : new DirectFilter.Moment(column, comparison, text, isTyped);
        }

        string sign = TakeSymbol("-") ? "-" : "";
        if (isTyped || Current.Kind != SqlTokenKind.Number) return null;
        return new DirectFilter.Number(column, comparison, sign + _tokens[_at++].Text);
    }

    private static bool IsTime(DirectName name) =>
        name.Text.Equals(TypeResolver.TimeName, StringComparison.OrdinalIgnoreCase);

    private static DirectComparison? Comparison(string symbol) => symbol switch
    {
        "=" or "==" => DirectComparison.Equal,
        "<" => DirectComparison.Less,
        "<=" => DirectComparison.LessOrEqual,
        ">" => DirectComparison.Greater,
        ">=" => DirectComparison.GreaterOrEqual,
        _ => null,
    };

    private ImmutableArray<string>? Texts()
    {
        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        do
        {
            if (Current.Kind != SqlTokenKind.Text) return null;
            texts.Add(_tokens[_at++].Text);
        }
        while (TakeSymbol(","));
        return TakeSymbol(")") ? texts.ToImmutable() : null;
    }

    private bool Keys(List<DirectOrder> keys, bool isOrder)
    {
        do
        {
            (DirectName? name, int place) = (null, 0);
            if (Current.Kind == SqlTokenKind.Number)
            {
                if (!int.TryParse(
                    _tokens[_at++].Text, NumberStyles.None, CultureInfo.InvariantCulture, out place))
                    return false;
            }
            else if ((name = Name()) is null)
            {
                return false;
            }

            bool isDescending = isOrder && Take("desc");
            if (isOrder && !isDescending) Take("asc");
            keys.Add(new DirectOrder(name, place, isDescending));
        }
        while (TakeSymbol(","));
        return true;
    }

    private bool Newest(List<DirectName> by, out DirectName? time)
    {
        time = null;
        if (!Take("row_number") || !TakeSymbol("(") || !TakeSymbol(")") || !Take("over") || !TakeSymbol("(")
            || !Take("partition") || !Take("by")) return false;
        do
        {
            if (Name() is not { } name) return false;
            by.Add(name);
        }
        while (TakeSymbol(","));
        if (!Take("order") || !Take("by") || (time = Name()) is null || !Take("desc") || !TakeSymbol(")")
            || !TakeSymbol("=")) return false;
        return Current is { Kind: SqlTokenKind.Number, Text: "1" } && ++_at > 0;
    }

    private DirectName? Name()
    {
        if (Current.Kind == SqlTokenKind.Name) return new DirectName(_tokens[_at++].Text, IsQuoted: true);
        if (Current.Kind != SqlTokenKind.Word || Reserved.Contains(Current.Text)) return null;
        return new DirectName(_tokens[_at++].Text, IsQuoted: false);
    }

    // False in front only if AS has no name behind it.
    private (bool IsRight, string? Alias) Alias()
    {
        if (Take("as")) return Name() is { } name ? (true, name.Text) : (false, null);
        return (true, Current.Kind == SqlTokenKind.Name
            || (Current.Kind == SqlTokenKind.Word && !Reserved.Contains(Current.Text))
            ? Name()!.Value.Text
            : null);
    }

    private bool Take(string keyword)
    {
        if (!Current.Is(keyword)) return false;
        _at++;
        return true;
    }

    private bool TakeSymbol(string symbol)
    {
        if (!Current.IsSymbol(symbol)) return false;
        _at++;
        return true;
    }
}
