using CsCheck;
using TsDb.Model;
using TsDb.Query;

namespace TsDb.Tests.Query;

public sealed class TypeResolverTests
{
    private static readonly TableId Table = new("db", "t");

    private static readonly string[] Names = ["a", "A", "a_1", "A_1", "edge", "Edge", "edge_1", "time", "b"];

    [Theory]
    [InlineData(ResolvedType.BigInt, false, FieldType.Int64)]
    [InlineData(ResolvedType.UBigInt, false, FieldType.UInt64)]
    [InlineData(ResolvedType.Double, false, FieldType.Float64)]
    [InlineData(ResolvedType.Boolean, false, FieldType.Boolean)]
    [InlineData(ResolvedType.Text, false, FieldType.String)]
    [InlineData(ResolvedType.HugeInt, true, FieldType.Int64, FieldType.UInt64)]
    [InlineData(ResolvedType.Double, true, FieldType.Int64, FieldType.Float64)]
    [InlineData(ResolvedType.Double, true, FieldType.UInt64, FieldType.Int64, FieldType.Float64)]
    [InlineData(ResolvedType.Text, true, FieldType.Int64, FieldType.Boolean)]
    [InlineData(ResolvedType.Text, true, FieldType.Float64, FieldType.String)]
    public void Types_of_all_edges_come_together(
        ResolvedType expected, bool conflict, params FieldType[] types)
    {
        ResolvedColumn column = Assert.Single(
            TypeResolver.Resolve(Table, types.Select(type => Field("v", type))).Columns);
        Assert.Equal((expected, conflict, ColumnRole.Field), (column.Type, column.HasConflict, column.Role));
    }

    [Fact]
    public void A_tag_that_is_a_field_elsewhere_is_text()
    {
        ResolvedColumn column = Assert.Single(
            TypeResolver.Resolve(Table, [Tag("v"), Field("v", FieldType.Int64)]).Columns);
        Assert.Equal(
            (ResolvedType.Text, true, ColumnRole.Field), (column.Type, column.HasConflict, column.Role));
    }

    [Fact]
    public void Tags_come_first_and_each_kind_by_name() => Assert.Equal(
        ["host", "region", "a", "z"],
        TypeResolver.Resolve(
            Table, [Field("z", FieldType.Int64), Tag("region"), Field("a", FieldType.Int64), Tag("host")])
            .Columns.Select(column => column.SqlName));

    [Fact]
    public void A_name_taken_without_regard_to_case_gets_a_suffix()
    {
        ResolvedTable table = TypeResolver.Resolve(
            Table, [Tag("edge"), Field("Temp", FieldType.Float64), Field("temp", FieldType.Float64),
                Tag("TIME")]);
        Assert.Equal(
            [("TIME", "TIME_16"), ("edge", "edge_1"), ("Temp", "Temp_1"), ("temp", "temp")],
            table.Columns.Select(column => (column.Name, column.SqlName)));
    }

    [Fact]
    public void A_free_name_keeps_its_spelling_although_it_looks_like_a_suffix() => Assert.Equal(
        [("edge", "edge__1"), ("edge_1", "edge_1")],
        TypeResolver.Resolve(Table, [Tag("edge"), Tag("edge_1")]).Columns.Select(c => (c.Name, c.SqlName)));

    [Fact]
    public void A_suffix_stays_with_its_column_whatever_names_are_added() =>
        Gen.Int[0, Names.Length - 1].Array[1, 9].Sample(chosen =>
        {
            Dictionary<string, string> had = [];
            List<Column> columns = [];
            foreach (int name in chosen.Distinct())
            {
                columns.Add(Field(Names[name], FieldType.Int64));
                ResolvedTable table = TypeResolver.Resolve(Table, columns);
                foreach (ResolvedColumn column in table.Columns.Where(c => c.SqlName != c.Name))
                {
                    string owner = had.GetValueOrDefault(column.SqlName, column.Name);
                    Assert.True(owner == column.Name || Names.Contains(column.SqlName));
                    had[column.SqlName] = column.Name;
                }
            }
        });

    [Fact]
    public void Names_are_unique_and_the_order_of_the_catalog_does_not_matter() =>
        Gen.Select(
            Gen.Int[0, Names.Length - 1],
            Gen.Enum<FieldType>(), Gen.Bool)
            .Select((name, type, tag) => tag ? Tag(Names[name]) : Field(Names[name], type))
            .Array[0, 12]
            .SelectMany(columns => Gen.Shuffle(columns).Select(shuffled => (columns, shuffled)))
            .Sample((columns, shuffled) =>
            {
                ResolvedTable table = TypeResolver.Resolve(Table, columns);
                Assert.Equal(table.Columns, TypeResolver.Resolve(Table, shuffled).Columns);
                HashSet<string> names = new(StringComparer.OrdinalIgnoreCase) { "time", "edge" };
                Assert.All(table.Columns, column => Assert.True(names.Add(column.SqlName)));
                Assert.Equal(
                    columns.Select(c => c.Name).ToHashSet(), table.Columns.Select(c => c.Name).ToHashSet());
            });

    private static Column Tag(string name) => new(name, ColumnRole.Tag, FieldType.String);

    private static Column Field(string name, FieldType type) => new(name, ColumnRole.Field, type);
}
