using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>The columns of a fragment's innermost SELECT: the user's expressions, each once.</summary>
internal sealed class RowColumns
{
    /// <summary>The edge of a row, where series are told apart.</summary>
    public const string Edge = "__ts_e";

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly List<(string Name, JsonObject Expression)> _columns = [];

    public RowColumns(AggregateShape shape)
    {
        foreach ((int i, JsonObject key) in shape.Keys.Index())
            _columns.Add((AggregateShape.KeyName(i), key));
    }

    /// <summary>All expressions.</summary>
    public IEnumerable<JsonObject> Expressions => _columns.Select(column => column.Expression);

    /// <summary>Columns that hold the tags, once <see cref="AddSeries"/> was called.</summary>
    public List<string> Tags { get; } = [];

    /// <summary>The SELECT list.</summary>
    public IEnumerable<JsonObject> Items => _columns.Count == 0
        ? [SqlTree.Constant("").As("__ts_none")]
        : _columns.Select(column => column.Expression.As(column.Name));

    /// <summary>The column of an argument; the time has a name of its own.</summary>
    public string Argument(JsonObject expression, bool isTime)
    {
        if (!isTime) return Add(expression);
        if (_names.TryAdd(AggregateRecipes.Time, AggregateRecipes.Time))
            _columns.Add((AggregateRecipes.Time, SqlTree.Column(TypeResolver.TimeName)));
        return AggregateRecipes.Time;
    }

    /// <summary>The column of an expression.</summary>
    public string Add(JsonObject expression)
    {
        string key = expression.Key();
        if (_names.TryGetValue(key, out string? known)) return known;
        string name = string.Create(CultureInfo.InvariantCulture, $"__ts_x{_columns.Count}");
        _names.Add(key, name);
        _columns.Add((name, expression));
        return name;
    }

    /// <summary>Adds the time, the edge and the tags.</summary>
    public void AddSeries(BoundTable table)
    {
        Argument(SqlTree.Column(TypeResolver.TimeName), isTime: true);
        _columns.Add((Edge, SqlTree.Column(TypeResolver.EdgeName)));
        IEnumerable<ResolvedColumn> tags =
            table.Table.Columns.Where(column => column.Role == ColumnRole.Tag)
            .OrderBy(column => column.Name, StringComparer.Ordinal);
        foreach (ResolvedColumn tag in tags)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"__ts_g{Tags.Count}");
            Tags.Add(name);
            _columns.Add((name, SqlTree.Column(tag.SqlName)));
        }
    }
}
