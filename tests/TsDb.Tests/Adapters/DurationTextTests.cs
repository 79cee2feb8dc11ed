using TsDb.Adapters.Hosting;
using TsDb.Model;

namespace TsDb.Tests.Adapters;

/// <summary>Durations in requests are read, or refused by name.</summary>
public sealed class DurationTextTests
{
    [Theory]
    [InlineData("banana")]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("NaNs")]
    [InlineData("Infinitys")]
    [InlineData("99999999999999999d")]
    public void What_is_no_duration_is_a_wrong_request_that_names_it(string text)
    {
        TsDbException said = Assert.Throws<TsDbException>(() => DurationText.Require("after", text));
        Assert.Equal(ErrorKind.Invalid, said.Kind);
        Assert.StartsWith($"after '{text}': ", said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("20s")]
    [InlineData("30m")]
    [InlineData("36h")]
    [InlineData("7d")]
    [InlineData("1500ms")]
    public void What_is_said_is_what_is_read(string text) =>
        Assert.Equal(text, DurationText.Of(DurationText.Require("after", text)));

    [Fact]
    public void Fractions_are_fine() =>
        Assert.Equal(TimeSpan.FromSeconds(90), DurationText.Require("after", "1.5m"));
}
