using System.Runtime.InteropServices;
using TsDb.Model;

namespace TsDb.Query.Functions;

/// <summary>
/// Points of one or several series, and what follows of their order in time: how much a value or a counter
/// has grown, how fast, and the area below it. Points come in any order; parts of a curve that were summed
/// up elsewhere are joined in the order of their times, so they must not overlap: a summary has a part for
/// each day, of which all points of a series lie at one place. Not safe for several threads.
/// </summary>
public sealed class Curve
{
    private const byte Form = 1;
    private const double SecondNanoseconds = 1e9;

    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);

    /// <summary>About how many bytes it takes in memory.</summary>
    public long BytesInMemory { get; private set; } = 64;

    /// <summary>Adds a point, time in nanoseconds. NaN counts as no value.</summary>
    public void Add(string series, long time, double value)
    {
        if (double.IsNaN(value)) return;
        Of(series).Points.Add(new Point(time, value));
        BytesInMemory += 16;
    }

    /// <summary>Adds everything that the other has.</summary>
    public void Add(Curve other)
    {
        foreach ((string name, Series series) in other._series)
        {
            Series own = Of(name);
            own.Points.AddRange(series.Points);
            own.Parts.AddRange(series.Parts);
            BytesInMemory += (16 * series.Points.Count) + (72 * series.Parts.Count);
        }
    }

    /// <summary>Adds a curve of <see cref="ToBytes"/>; throws <see cref="FormatException"/> for other
    /// bytes.</summary>
    public void Add(byte[] bytes)
    {
        try
        {
            using BinaryReader reader = new(new MemoryStream(bytes, writable: false));
            if (reader.ReadByte() != Form) throw new FormatException("this is no summary of a curve");
            for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
            {
                Of(reader.ReadString()).Parts.Add(Part.Read(reader));
                BytesInMemory += 72;
            }
        }
        catch (EndOfStreamException cut)
        {
            throw new FormatException("this summary of a curve is cut off", cut);
        }
    }

    /// <summary>What the rest of a query needs of the curve, as bytes: its size is of the number of
    /// series and days.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(Form);
        (string Name, Part Part)[] parts =
        [
            .. _series.SelectMany(series => series.Value.ByDay().Select(part => (series.Key, part))),
        ];
        writer.Write7BitEncodedInt(parts.Length);
        foreach ((string name, Part part) in parts.OrderBy(part => part.Name, StringComparer.Ordinal))
        {
            writer.Write(name);
            part.Write(writer);
        }

        return stream.ToArray();
    }

    /// <summary>The answer, several series added up; null if the points do not tell.</summary>
    public double? Answer(CurveQuestion question)
    {
        Part[] parts = [.. _series.OrderBy(series => series.Key, StringComparer.Ordinal)
            .Select(series => series.Value.Joined())];
        if (question is CurveQuestion.LinearAverage or CurveQuestion.StepAverage) return Average(
            parts, question);
        Part[] lines = [.. parts.Where(part => part.LastTime > part.FirstTime)];
        return lines.Length == 0 ? null : lines.Sum(part => question switch
        {
            CurveQuestion.Delta => part.LastValue - part.FirstValue,
            CurveQuestion.Derivative => (part.LastValue - part.FirstValue) / part.Seconds,
            CurveQuestion.Increase => part.Increase,
            CurveQuestion.Rate => part.Increase / part.Seconds,
            _ => part.LinearArea,
        });
    }

    // Points alone have no area: their plain average is what their weighted one tends to.
    private static double? Average(Part[] parts, CurveQuestion question)
    {
        if (parts.Length == 0) return null;
        double seconds = parts.Sum(part => part.Seconds);
        if (seconds <= 0) return parts.Average(part => part.LastValue);
        return parts.Sum(part => question == CurveQuestion.LinearAverage ? part.LinearArea
            : part.StepArea) / seconds;
    }

    private Series Of(string name)
    {
        ref Series? series = ref CollectionsMarshal.GetValueRefOrAddDefault(_series, name, out bool isKnown);
        if (!isKnown) BytesInMemory += 160 + (2 * name.Length);
        return series ??= new Series();
    }

    private readonly record struct Point(long Time, double Value) : IComparable<Point>
    {
        public int CompareTo(Point other) =>
            Time != other.Time ? Time.CompareTo(other.Time) : Value.CompareTo(other.Value);
    }

    // An unbroken stretch of one series.
    private readonly record struct Part(
        long FirstTime, double FirstValue, long LastTime, double LastValue, double Increase,
            double LinearArea,
        double StepArea)
    {
        public double Seconds => ((double)LastTime - FirstTime) / SecondNanoseconds;

        // A counter that falls began anew at zero.
        public Part Then(Part next)
        {
            double seconds = ((double)next.FirstTime - LastTime) / SecondNanoseconds;
            double step = next.FirstValue >= LastValue ? next.FirstValue - LastValue : next.FirstValue;
            return new Part(
                FirstTime, FirstValue, next.LastTime, next.LastValue, Increase + step + next.Increase,
                LinearArea + ((LastValue + next.FirstValue) / 2 * seconds) + next.LinearArea,
                StepArea + (LastValue * seconds) + next.StepArea);
        }

        public static Part Of(Point point) => new(point.Time, point.Value, point.Time, point.Value, 0, 0, 0);

        public static Part Read(BinaryReader reader) => new(
            reader.ReadInt64(), reader.ReadDouble(), reader.ReadInt64(), reader.ReadDouble(),
                reader.ReadDouble(),
            reader.ReadDouble(), reader.ReadDouble());

        public void Write(BinaryWriter writer)
        {
            writer.Write(FirstTime);
            writer.Write(FirstValue);
            writer.Write(LastTime);
            writer.Write(LastValue);
            writer.Write(Increase);
            writer.Write(LinearArea);
            writer.Write(StepArea);
        }
    }

    private sealed class Series
    {
        public List<Point> Points { get; } = [];

        public List<Part> Parts { get; } = [];

        public Part Joined()
        {
            List<Part> parts = ByDay();
            parts.Sort((a, b) => a.FirstTime.CompareTo(b.FirstTime));
            return parts.Skip(1).Aggregate(parts[0], (all, next) => all.Then(next));
        }

        // Leaves the points as they are: a window's state is read several times.
        public List<Part> ByDay()
        {
            List<Part> parts = [.. Parts];
            Point[] points = [.. Points];
            Array.Sort(points);
            for (int start = 0; start < points.Length;)
            {
                Day day = Day.Of(points[start].Time);
                Part line = Part.Of(points[start++]);
                for (; start < points.Length && Day.Of(points[start].Time) == day; start++)
                    line = line.Then(Part.Of(points[start]));
                parts.Add(line);
            }

            return parts;
        }
    }
}
