using TsDb.Model;
using TsDb.Storage.Erasure;

namespace TsDb.Tests.Storage.Erasure;

/// <summary>Conditions as people write them.</summary>
public sealed class WhereTextTests
{
    [Theory]
    [InlineData("site = 'oslo' AND device IN ('b', 'a')", "site = 'oslo' AND device IN ('a', 'b')")]
    [InlineData("site=oslo,device=7", "site = 'oslo' AND device = '7'")]
    [InlineData("  site in(x)and y=z ", "site = 'x' AND y = 'z'")]
    [InlineData("\"a \"\"b\" = 'it''s' AND \"in\" = 'AND'", "\"a \"\"b\" = 'it''s' AND \"in\" = 'AND'")]
    [InlineData("android=index", "android = 'index'")]
    [InlineData("", "")]
    public void A_text_is_read_and_written_again(string text, string printed)
    {
        Assert.Equal(printed, WhereText.Print(WhereText.Parse(text)));
        Assert.Equal(WhereText.Parse(text), WhereText.Parse(printed));
    }

    [Theory]
    [InlineData("site", "= or IN is expected")]
    [InlineData("site = ", "a value is expected")]
    [InlineData("site = ''", "a value is expected")]
    [InlineData("site = 'a", "' is expected")]
    [InlineData("site IN ()", "a value is expected")]
    [InlineData("site IN (a b)", "a comma or ) is expected")]
    [InlineData("site = a OR b = c", "AND, a comma, or the end is expected")]
    [InlineData("site = a AND", "a tag is expected")]
    [InlineData("site <> a", "= or IN is expected")]
    [InlineData("time = a", "--before")]
    [InlineData("edge = a", "edge is not a tag")]
    public void What_is_not_understood_is_told_with_its_place(string text, string reason)
    {
        TsDbException error = Assert.Throws<TsDbException>(() => WhereText.Parse(text));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
