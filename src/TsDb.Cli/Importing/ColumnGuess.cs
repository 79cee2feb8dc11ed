using System.Globalization;
using System.Numerics;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>The type that holds every value of a column exactly, found by looking at all of them.</summary>
internal sealed class ColumnGuess(string name)
{
    private const NumberStyles Number =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    // Any integer of so many digits is a double.
    private const int DigitsOfDouble = 15;

    private bool _hasNegative;
    private bool _isBeyondSigned;
    private string? _beyondAll;
    private string? _beyondDouble;
    private Kinds _seen;

    [Flags]
    private enum Kinds
    {
        None = 0,
        Integer = 1,
        Float = 2,
        NotFinite = 4,
        Boolean = 8,
        Text = 16,
    }

    public void Add(string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        if (_seen.HasFlag(Kinds.Text)) return;
        if (IsInteger(value)) AddInteger(value);
        else if (IsNotFinite(value)) _seen |= Kinds.NotFinite;
        else if (IsFloat(value)) _seen |= Kinds.Float;
        else if (bool.TryParse(value, out _)) _seen |= Kinds.Boolean;
        else _seen |= Kinds.Text;
    }

    /// <summary>
    /// The type; a column without any value is text. Throws <see cref="ErrorKind.Invalid"/> for integers that
    /// no type of 64 bits holds together.
    /// </summary>
    public FieldType Finish()
    {
        Kinds numbers = _seen & ~Kinds.NotFinite;
        if (numbers == Kinds.Boolean && _seen == numbers) return FieldType.Boolean;
        if ((numbers & ~(Kinds.Integer | Kinds.Float)) != 0 || numbers == Kinds.None) return FieldType.String;
        if (_seen != Kinds.Integer)
        {
            return _beyondDouble is null ? FieldType.Float64 : throw new TsDbException(
                ErrorKind.Invalid,
                $"column '{name}' holds numbers with a fraction and {_beyondDouble}, which a double would "
                + $"round (say --types {name}=float to let it, or {name}=string to keep the digits)");
        }

        if (_beyondAll is null && !_isBeyondSigned) return FieldType.Int64;
        if (_beyondAll is null && !_hasNegative) return FieldType.UInt64;
        throw new TsDbException(
            ErrorKind.Invalid,
            (_beyondAll is null
                ? $"column '{name}' holds negative integers and some beyond 2^63, which no integer type has "
                : $"column '{name}' holds {_beyondAll}, which no integer type of 64 bits has ")
            + $"(say --types {name}=float to round them, or {name}=string to keep their digits)");
    }

    /// <summary>True for the words that stand for NaN and the infinities.</summary>
    public static bool IsNotFinite(string value) =>
        value.TrimStart('-', '+').ToUpperInvariant() is "NAN" or "INF" or "INFINITY";

    /// <summary>Reads a finite number; the nearest double.</summary>
    public static bool TryFloat(string value, out double number) =>
        double.TryParse(value, Number, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    // Digits with zeros in front, or with a plus sign, are rather names of something than numbers.
    private static bool IsInteger(string value)
    {
        ReadOnlySpan<char> digits = value[0] == '-' ? value.AsSpan(1) : value;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9')
            && (digits[0] != '0' || (digits.Length == 1 && value[0] != '-'));
    }

    private static bool IsFloat(string value)
    {
        ReadOnlySpan<char> digits = value[0] == '-' ? value.AsSpan(1) : value;
        bool hasZeros = digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
        return !hasZeros && value[0] != '+' && TryFloat(value, out _);
    }

    private static bool IsDouble(string value)
    {
        BigInteger exact = BigInteger.Parse(value, CultureInfo.InvariantCulture);
        return double.IsFinite((double)exact) && new BigInteger((double)exact) == exact;
    }

    private void AddInteger(string value)
    {
        _seen |= Kinds.Integer;
        if (value[0] == '-') _hasNegative = true;
        if (value.Length > DigitsOfDouble && !IsDouble(value)) _beyondDouble ??= value;
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return;
        if (ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            _isBeyondSigned = true;
        else _beyondAll ??= value;
    }
}
