using System.Globalization;
using System.Numerics;

namespace TsDb.Query;

/// <summary>
/// What SQL, blind to case, calls the columns of a table. Of names that differ only by case the one with the
/// fewest and foremost capitals is called as it is written, every other one gets a suffix that its own
/// spelling decides: which of its letters are capitals, as the bits of a number, the first letter counting 1
/// (Temp_1, TEMP_15). So a suffix never moves to another column, whatever names other edges bring. A
/// client's own <c>edge</c> and <c>time</c> get that number plus one (edge_1).
/// </summary>
public static class SqlNames
{
    /// <summary>The names in SQL, in the order of the names given, which are distinct.</summary>
    public static string[] Of(IReadOnlyList<string> names)
    {
        HashSet<string> taken = new(names, StringComparer.OrdinalIgnoreCase)
        {
            TypeResolver.TimeName, TypeResolver.EdgeName,
        };
        string[] sqlNames = [.. names];
        var groups = Enumerable.Range(0, names.Count)
            .GroupBy(i => names[i], StringComparer.OrdinalIgnoreCase)
            .OrderBy(group => group.Select(i => names[i]).Min(StringComparer.Ordinal),
                StringComparer.Ordinal);
        foreach (IGrouping<string, int> group in groups)
        {
            int plain = IsReserved(group.Key) ? 0 : 1;
            IEnumerable<int> suffixed = group.OrderBy(i => Capitals(names[i]))
                .ThenBy(i => names[i], StringComparer.Ordinal).Skip(plain);
            foreach (int i in suffixed)
            {
                // A client's own name may look like a suffixed one: that one keeps it.
                int underscores = 1;
                while (!taken.Add(sqlNames[i] = Suffixed(names[i], underscores))) underscores++;
            }
        }

        return sqlNames;
    }

    /// <summary>The name with the suffix that it has wherever it needs one.</summary>
    public static string Suffixed(string name) => Suffixed(name, underscores: 1);

    private static string Suffixed(string name, int underscores)
    {
        BigInteger number = Capitals(name) + (IsReserved(name) ? 1 : 0);
        return name + new string('_', underscores) + number.ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsReserved(string name) =>
        name.Equals(TypeResolver.TimeName, StringComparison.OrdinalIgnoreCase)
        || name.Equals(TypeResolver.EdgeName, StringComparison.OrdinalIgnoreCase);

    private static BigInteger Capitals(string name)
    {
        BigInteger bits = BigInteger.Zero;
        int letter = 0;
        foreach (char c in name)
        {
            char small = char.ToLowerInvariant(c);
            if (small == char.ToUpperInvariant(c)) continue;
            if (c != small) bits |= BigInteger.One << letter;
            letter++;
        }

        return bits;
    }
}
