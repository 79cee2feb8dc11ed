using System.Xml.Linq;

namespace TsDb.Tidy;

/// <summary>The shape of the house: what lies at the root, which project may know which.</summary>
public sealed class HouseTests
{
    /// <summary>Lowest first. A project references only projects of a lower rank.</summary>
    private static readonly Dictionary<string, int> Ranks = new(StringComparer.Ordinal)
    {
        ["TsDb.Model"] = 0,
        ["TsDb.Codec"] = 1,
        ["TsDb.Columnar"] = 1,
        ["TsDb.Storage"] = 2,
        ["TsDb.Query"] = 2,
        ["TsDb.Replication"] = 3,
        ["TsDb.Adapters"] = 4,
        ["TsDb.Cli"] = 5,
        ["TsDb.Edge"] = 5,
        ["TsDb.Cloud"] = 5,
    };

    private static readonly string[] RootEntries =
        ["src", "edge", "cloud", "tests", "bench", "TsDb.sln", "README.md", "Makefile"];

    /// <summary>Libraries that only one room may know: foreign types stop there.</summary>
    private static readonly (string Package, string[] Rooms)[] Fences =
    [
        ("MQTTnet", ["TsDb.Adapters"]),
        ("DuckDB.NET", ["TsDb.Adapters"]),
        ("DotNext", ["TsDb.Adapters"]),
        ("Grpc.AspNetCore", ["TsDb.Adapters"]),
        ("Parquet.Net", []),
    ];

    [Fact]
    public void The_root_holds_the_five_areas_three_files_and_dotfiles() =>
        Assert.Empty(Repository.Files
            .Select(f => f.Split('/')[0])
            .Where(entry => !entry.StartsWith('.') && !RootEntries.Contains(entry))
            .Distinct());

    [Fact]
    public void A_project_references_only_lower_ranks()
    {
        List<string> broken = [];
        foreach (string file in Projects("src", "edge", "cloud"))
        {
            string project = Path.GetFileNameWithoutExtension(file);
            Assert.True(Ranks.ContainsKey(project), $"{project} has no rank: give it one in HouseTests");
            broken.AddRange(References(file, "ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference))
                .Where(reference => Ranks[reference] >= Ranks[project])
                .Select(reference =>
                    $"{project} (rank {Ranks[project]}) references {reference} ({Ranks[reference]})"));
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Foreign_libraries_stay_in_their_rooms() => Assert.Empty(
        from file in Projects("src", "edge", "cloud")
        from package in References(file, "PackageReference")
        from fence in Fences
        where package.StartsWith(fence.Package, StringComparison.Ordinal)
            && !fence.Rooms.Contains(Path.GetFileNameWithoutExtension(file))
        select $"{file} references {package}");

    [Fact]
    public void Versions_are_only_in_the_central_file() => Assert.Empty(
        Projects("src", "edge", "cloud", "tests", "bench")
            .Where(file => XDocument.Parse(Repository.Read(file)).Descendants("PackageReference")
                .Any(p => p.Attribute("Version") is not null || p.Attribute("VersionOverride") is not null)));

    private static IEnumerable<string> Projects(params string[] areas) => Repository.Files
        .Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && areas.Contains(f.Split('/')[0]));

    private static IEnumerable<string> References(string file, string kind) =>
        XDocument.Parse(Repository.Read(file)).Descendants(kind).Select(e => e.Attribute("Include")!.Value);
}
