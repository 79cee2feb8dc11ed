using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>Names of result columns: SQL allows the same one twice, an object of JSON does not.</summary>
internal static class ResultNames
{
    /// <summary>The names in order; a repeated one gets the first free of _1, _2, ...</summary>
    public static string[] Distinct(Schema schema)
    {
        HashSet<string> taken = new(schema.FieldsList.Select(field => field.Name), StringComparer.Ordinal);
        HashSet<string> used = new(StringComparer.Ordinal);
        string[] names = new string[schema.FieldsList.Count];
        for (int i = 0; i < names.Length; i++)
        {
            string name = schema.FieldsList[i].Name;
            for (int suffix = 1; used.Contains(name) || (suffix > 1 && taken.Contains(name)); suffix++)
                name = $"{schema.FieldsList[i].Name}_{suffix}";
            used.Add(name);
            names[i] = name;
        }

        return names;
    }

    /// <summary>The schema with those names.</summary>
    public static Schema Renamed(Schema schema)
    {
        string[] names = Distinct(schema);
        return new Schema(
            schema.FieldsList.Select((field, i) => new Field(names[i], field.DataType, field.IsNullable)),
            null);
    }
}
