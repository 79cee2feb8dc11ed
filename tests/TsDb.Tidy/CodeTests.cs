using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TsDb.Tidy;

/// <summary>The rules of the code, measured with the compiler's own parser.</summary>
public sealed partial class CodeTests
{
    private const int ColumnsMax = 110;
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 70;
    private const int ConstructorParametersMax = 6;

    private static readonly string[] UnsafeRooms = ["src/TsDb.Adapters/DuckDb/", "src/TsDb.Kernels/"];

    private static readonly string[] EmptyNames =
        ["Utils", "Util", "Common", "Helper", "Helpers", "Manager", "Misc"];

    [Fact]
    public void Lines_end_within_the_columns() => Assert.Empty(
        from file in Repository.CSharpFiles
        from line in Repository.Read(file).Split('\n').Index()
        where line.Item.Length > ColumnsMax
        select $"{file}:{line.Index + 1} has {line.Item.Length} columns");

    [Fact]
    public void Files_and_methods_stay_readable()
    {
        List<string> broken = [];
        foreach (string file in Repository.CSharpFiles)
        {
            int lines = Repository.Read(file).Split('\n').Length - 1;
            if (lines > FileLinesMax) broken.Add($"{file} has {lines} lines");
            broken.AddRange(
                from member in Repository.Tree(file).GetRoot().DescendantNodes()
                where member is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax
                    or LocalFunctionStatementSyntax
                let length = Lines(member)
                where length > MethodLinesMax
                select $"{file}:{FirstLine(member)} a method of {length} lines");
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Unsafe_code_stays_in_its_rooms() => Assert.Empty(
        from file in Repository.CSharpFiles
        where !UnsafeRooms.Any(room => file.StartsWith(room, StringComparison.Ordinal))
        from token in Repository.Tree(file).GetRoot().DescendantTokens()
        where token.IsKind(SyntaxKind.UnsafeKeyword)
        select $"{file}:{token.GetLocation().GetLineSpan().StartLinePosition.Line + 1}");

    [Fact]
    public void A_file_has_one_public_type_named_as_the_file()
    {
        List<string> broken = [];
        foreach (string file in Repository.CSharpFiles)
        {
            if (file.StartsWith("tests/", StringComparison.Ordinal)) continue;
            BaseTypeDeclarationSyntax[] types =
                [.. TopTypes(file).Where(t => t.Modifiers.Any(SyntaxKind.PublicKeyword))];
            string name = Path.GetFileName(file).Split('.')[0];
            if (types.Length > 1) broken.Add($"{file} has {types.Length} public types");
            if (types.Length == 1 && types[0].Identifier.Text != name)
                broken.Add($"{file} holds {types[0].Identifier}");
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Constructors_take_few_parameters() => Assert.Empty(
        from file in Repository.CSharpFiles
        from node in Repository.Tree(file).GetRoot().DescendantNodes()
        let list = node switch
        {
            ConstructorDeclarationSyntax constructor => constructor.ParameterList,
            ClassDeclarationSyntax type => type.ParameterList,
            _ => null,
        }
        where list?.Parameters.Count > ConstructorParametersMax
        select $"{file}:{FirstLine(list)} takes {list.Parameters.Count} parameters");

    [Fact]
    public void Names_say_what_is_inside() => Assert.Empty(
        from file in Repository.CSharpFiles
        from type in TopTypes(file)
        where EmptyNames.Any(name => type.Identifier.Text.EndsWith(name, StringComparison.Ordinal))
        select $"{file}: {type.Identifier}");

    [Fact]
    public void Nothing_is_swallowed_or_left_for_later() => Assert.Empty(
        from file in Repository.CSharpFiles
        where !file.StartsWith("tests/TsDb.Tidy/", StringComparison.Ordinal)
        let text = Repository.Read(file)
        where Unfinished().IsMatch(text) || SwallowedException().IsMatch(text)
        select file);

    [Fact]
    public void A_disabled_warning_says_why() => Assert.Empty(
        from file in Repository.CSharpFiles
        from line in Repository.Read(file).Split('\n')
        where line.TrimStart().StartsWith("#pragma warning disable", StringComparison.Ordinal)
            && !line.Contains("//", StringComparison.Ordinal)
        select $"{file}: {line.Trim()}");

    private static IEnumerable<BaseTypeDeclarationSyntax> TopTypes(string file) => Repository.Tree(file)
        .GetRoot()
        .DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
        .OfType<BaseTypeDeclarationSyntax>();

    private static int FirstLine(SyntaxNode node) =>
        node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static int Lines(SyntaxNode node)
    {
        FileLinePositionSpan span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"catch(\s*\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex SwallowedException();
}
