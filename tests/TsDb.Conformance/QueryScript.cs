namespace TsDb.Conformance;

/// <summary>
/// A script of queries (queries/*.test). Blocks are separated by blank lines; a line that starts with # is a
/// comment.
/// <c>load EDGE</c> is followed by lines of line protocol, one shipment of that edge. <c>query</c>, or
/// <c>query sorted</c> where the order of rows is not part of the answer, is followed by a statement, a line
/// <c>----</c> and the rows expected, values between bars, times in nanoseconds. <c>error KIND</c> is
/// followed by a
/// statement.
/// </summary>
internal sealed class QueryScript
{
    private QueryScript(IReadOnlyList<Block> blocks) => Blocks = blocks;

    public IReadOnlyList<Block> Blocks { get; }

    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.test")
        .Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "queries");

    public static QueryScript Read(string name)
    {
        List<Block> blocks = [];
        List<string> lines = [];
        int first = 0;
        string[] text = File.ReadAllLines(Path.Combine(Folder, $"{name}.test"));
        for (int i = 0; i <= text.Length; i++)
        {
            string line = i < text.Length ? text[i] : "";
            if (line.StartsWith('#')) continue;
            if (line.Length > 0)
            {
                if (lines.Count == 0) first = i + 1;
                lines.Add(line);
                continue;
            }

            if (lines.Count > 0) blocks.Add(Block.Of(lines, first));
            lines = [];
        }

        return new QueryScript(blocks);
    }

    /// <summary>One block.</summary>
    /// <param name="Line">Its first line in the file.</param>
    /// <param name="Verb">load, query or error.</param>
    /// <param name="Argument">What follows the verb.</param>
    /// <param name="Text">Lines to load, or the statement.</param>
    /// <param name="Expected">The rows expected.</param>
    public sealed record Block(int Line, string Verb, string Argument, string Text, string Expected)
    {
        public static Block Of(List<string> lines, int first)
        {
            string[] head = lines[0].Split(' ', 2);
            int rule = lines.IndexOf("----");
            int end = rule < 0 ? lines.Count : rule;
            bool isKnown = head[0] is "load" or "query" or "error" && (head[0] == "query") == (rule > 0);
            return isKnown
                ? new Block(
                    first,
                    head[0],
                    head.Length > 1 ? head[1] : "",
                    string.Join('\n', lines[1..end]),
                    rule < 0 ? "" : string.Join('\n', lines[(rule + 1)..]))
                : throw new InvalidDataException($"line {first}: '{lines[0]}' is no block of a query script");
        }
    }
}
