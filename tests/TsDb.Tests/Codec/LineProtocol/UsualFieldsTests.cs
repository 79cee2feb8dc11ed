using System.Globalization;
using System.Text;
using CsCheck;
using TsDb.Codec.LineProtocol;
using TsDb.Model;

namespace TsDb.Tests.Codec.LineProtocol;

/// <summary>The fast ways of the reader have slow twins: they never say anything else.</summary>
public sealed class UsualFieldsTests
{
    private static readonly (string Name, FieldType Type)[] Known =
    [
        ("usage_user=", FieldType.Int64), ("a=", FieldType.Float64), ("s=", FieldType.String),
        ("exactly_thirty_one_bytes_long_x=", FieldType.Int64), ("f\\=g=", FieldType.Float64),
        (new string('n', FieldGuesses.NameBytesMax) + "=", FieldType.Int64),
    ];

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.Int[-20_000_000, 20_000_000].Select(n => n.ToString(CultureInfo.InvariantCulture) + "i"),
        Gen.Int[-200, 200].Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Select(Gen.Int[-12_345_678, 12_345_678], Gen.Int[0, 123_456_789], (w, f) => $"{w}.{f}"),
        Gen.OneOf("-0", "-0i", "0.0", "-.5", "5.", ".5", "-", "1e3", "1i2", "99999999i", "9999999i", "00012i",
            "1.0000000", "1.00000000", "7u", "\"t\"", "true", "-i", "i", "1-", "12:4", "1/2"));

    private static readonly Gen<string> Field = Gen.Select(
        Gen.OneOf(
            Gen.Int[0, Known.Length - 1].Select(i => Known[i].Name),
            Gen.OneOf("b=", "usage_use=", "=", "a")),
        Number, (name, value) => name + value);

    private static readonly Gen<string> Line = Gen.Select(
        Gen.OneOf("cpu", "cpu,host=a", "c\\ u,host=b\\", "cpu\\"), Gen.OneOf(" ", "  ", "\n", ""),
        Field.Array[0, 8],
        Gen.OneOf(" 1451606400000000000", " -5", "", " ", "  7", " 9223372036854775808", " x",
            " 9999999999999999999", " -9223372036854775808", " 12345678901234567890", "\r"),
        (key, gap, fields, time) => key + gap + string.Join(',', fields) + time);

    [Fact]
    public void Guessed_numbers_are_those_that_the_grammar_gives() => Gen.Select(
        Line.Array[1, 5], Gen.Int[0, Known.Length]).Sample((lines, first) =>
    {
        byte[] body = Encoding.UTF8.GetBytes(string.Join('\n', lines) + new string('#', 80));
        FieldGuesses guesses = new();
        for (int i = 0; i < Known.Length; i++)
        {
            (string name, FieldType type) = Known[(first + i) % Known.Length];
            guesses.Add(Encoding.UTF8.GetBytes(name), type);
        }

        Assert.Equal(Read(body, null), Read(body, guesses));
    });

    [Fact]
    public void Names_are_compared_alike_with_and_without_vectors() => Gen.Select(
        Gen.Byte[97, 98].Array[1, 32], Gen.Byte[97, 98].Array[32], Gen.Bool).Sample((name, window, same) =>
    {
        if (same) name.CopyTo(window, 0);
        FieldGuesses guesses = new();
        guesses.Add(name, FieldType.Int64);
        Assert.Equal(FieldGuesses.MatchByBytes(name, window), guesses.Match(0, window, out _));
    });

    [Fact]
    public void A_guessed_key_is_the_key_that_would_have_been_read() => Gen.Select(Line, Line)
        .Sample((before, line) =>
    {
        LineReader first = new(Encoding.UTF8.GetBytes(before));
        if (!first.NextLine() || !first.ReadKey(out ReadOnlySpan<byte> guess)) return;
        byte[] body = Encoding.UTF8.GetBytes(line);
        LineReader guessed = new(body);
        LineReader plain = new(body);
        if (!guessed.NextLine() || !plain.NextLine()) return;
        bool isRead = plain.ReadKey(out ReadOnlySpan<byte> key);
        if (!guessed.TryReadKey(guess)) return;
        Assert.True(isRead);
        Assert.True(key.SequenceEqual(guess));
        Assert.Equal(plain.Offset, guessed.Offset);
    });

    private static string Read(byte[] body, FieldGuesses? guesses)
    {
        StringBuilder text = new();
        long[] bits = new long[Known.Length];
        LineReader reader = new(body);
        while (reader.NextLine())
        {
            if (reader.ReadKey(out _))
            {
                int usual = guesses is null ? 0 : reader.ReadUsual(guesses, bits);
                for (int i = 0; i < usual; i++) text.Append(CultureInfo.InvariantCulture, $"[{bits[i]}]");
                while (reader.NextField()) text.Append(CultureInfo.InvariantCulture, $"[{reader.FieldBits}]");
            }

            bool isTimed = reader.ReadTime(out bool given, out long time);
            text.Append(
                CultureInfo.InvariantCulture,
                $"{reader.Fault}@{reader.FaultOffset} {isTimed} {given} {time};");
            if (reader.Fault != LineFault.None) reader.SkipLine();
        }

        return text.ToString();
    }
}
