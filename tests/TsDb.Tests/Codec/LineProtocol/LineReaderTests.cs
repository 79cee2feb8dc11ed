using TsDb.Codec.LineProtocol;

namespace TsDb.Tests.Codec.LineProtocol;

/// <summary>Corners of the grammar that the listed cases leave out.</summary>
public sealed class LineReaderTests
{
    /// <summary>
    /// A tag's value may hold control characters, as the corpus and the first two servers have it; names may
    /// not, and a TAB is almost always a separator that was meant to be a space.
    /// </summary>
    [Theory]
    [InlineData("m,k=x\u0001y v=1", LineFault.None, 0)]
    [InlineData("m,k=\0 v=1", LineFault.None, 0)]
    [InlineData("m,k=a=\u007f,l=\u001b v=1", LineFault.None, 0)]
    [InlineData("m,k=a\\=\u0002\\,\u0003 v=1", LineFault.None, 0)]
    [InlineData("m,k=x\ty v=1", LineFault.ControlCharacter, 5)]
    [InlineData("m,k=x\ry v=1", LineFault.ControlCharacter, 5)]
    [InlineData("m=\u0001,k=x v=1", LineFault.ControlCharacter, 2)]
    [InlineData("m,k=x,\u0001=y v=1", LineFault.ControlCharacter, 6)]
    [InlineData("m,k\\=\u0001=y v=1", LineFault.ControlCharacter, 5)]
    [InlineData("\u0001m v=1", LineFault.MissingMeasurement, 0)]
    [InlineData("m,k=x\u0001y", LineFault.MissingFields, 7)]
    [InlineData("m v\u0001=1", LineFault.InvalidFieldFormat, 3)]
    public void Control_characters_are_welcome_in_tag_values_only(string line, LineFault fault, int offset)
    {
        LineReader reader = new(System.Text.Encoding.UTF8.GetBytes(line + "\nm v=2 2"));
        Assert.True(reader.NextLine());
        bool read = reader.ReadKey(out _);
        while (read && reader.NextField())
        {
        }

        Assert.Equal(fault, reader.Fault);
        if (fault != LineFault.None) Assert.Equal(offset, reader.FaultOffset);
        reader.SkipLine();
        Assert.True(reader.NextLine());
        Assert.Equal(line.Length + 1, reader.LineStart);
    }

    [Fact]
    public void A_tag_value_with_control_characters_comes_back_as_it_was()
    {
        ParsedPoint point = Assert.Single(ParsedLines.Of("m,k=a\0\u0001\u007f\u0080b v=1").Points);
        Assert.Equal(("k", "a\0\u0001\u007f\u0080b"), Assert.Single(point.Tags));
    }

    /// <summary>Every length up to a little more than two words, so that no path is left out.</summary>
    [Fact]
    public void Numbers_are_read_alike_at_the_end_of_the_body_and_before_more()
    {
        for (int digits = 1; digits <= 25; digits++)
        {
            string number = new string('9', digits - 1) + "7";
            foreach (string suffix in new[] { "", "i", "u", ".", ".5", "e2", " ", ",b=1", "\r\n" })
            {
                string line = $"m a={number}{suffix}";
                string alone = string.Join(';', ParsedLines.Of(line).Points);
                string followed = string.Join(';', ParsedLines.Of(line.TrimEnd() + "\nm z=1234567890123 1")
                    .Points.Where(point => point.Fields[0].Name == "a"));
                Assert.Equal(alone, followed);
                bool fits = suffix switch
                {
                    "i" => digits <= 18,
                    "u" => digits <= 19,
                    _ => true,
                };
                if (fits) Assert.NotEmpty(alone);
                else if (digits > 20) Assert.Empty(alone);
            }
        }
    }

    /// <summary>The nearest double, whatever way the digits took.</summary>
    [Theory]
    [InlineData("0.1")]
    [InlineData("-0")]
    [InlineData("9007199254740993")]
    [InlineData("9007199254740992.5")]
    [InlineData("123456789012345678")]
    [InlineData("0.000000000000000001")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("4.9e-324")]
    [InlineData("2.4703282292062327e-324")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("1e-400")]
    [InlineData("100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0.3000000000000000444089209850062616169452667236328125")]
    public void Decimals_are_the_nearest_double(string number)
    {
        ParsedPoint point = Assert.Single(ParsedLines.Of($"m f={number}").Points);
        double expected = double.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected),
            BitConverter.DoubleToInt64Bits((double)Assert.Single(point.Fields).Value));
    }
}
