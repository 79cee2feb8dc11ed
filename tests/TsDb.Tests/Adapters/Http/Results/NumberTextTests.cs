using System.Globalization;
using System.Text;
using CsCheck;
using TsDb.Adapters.Http.Results;

namespace TsDb.Tests.Adapters.Http.Results;

public sealed class NumberTextTests
{
    private static readonly Gen<double> Decimal = Gen.Select(
        Gen.Long[-1_000_000_000_000, 1_000_000_000_000], Gen.Int[0, 8],
        (digits, scale) => double.Parse(
            $"{digits}e-{scale}".ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    private static readonly Gen<double> Any = Gen.OneOf(
        Decimal, Gen.Double[-2_000, 2_000], Gen.Double, Gen.OneOf(0.0, -0.0, 0.001, 1e9, 999_999_999.99,
            0.1 + 0.2, 4.35, 1.005, 123456789.12345, 5e-324, 1e15, 0.00999));

    [Fact]
    public void Doubles_have_the_fewest_digits_that_read_back_as_the_same() => Any.Sample(value =>
    {
        Utf8Buffer text = new();
        NumberText.Append(text, value);
        Assert.Equal(value.ToString("R", CultureInfo.InvariantCulture), TextOf(text));
    }, iter: 20_000);

    [Fact]
    public void Integers_of_every_width_have_all_digits() => Gen.Select(
        Gen.OneOf(Gen.Long, Gen.Long[-2_000, 2_000]), Gen.ULong, Gen.SByte).Sample((wide, unsigned, narrow) =>
    {
        Utf8Buffer text = new();
        NumberText.Append(text, wide);
        NumberText.Append(text, ","u8, unsigned);
        NumberText.Append(text, ","u8, narrow);
        NumberText.Append(text, ","u8, (short)wide);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{wide},{unsigned},{narrow},{(short)wide}"),
            TextOf(text));
    });

    private static string TextOf(Utf8Buffer text) => Encoding.UTF8.GetString(text.Written.Span);
}
