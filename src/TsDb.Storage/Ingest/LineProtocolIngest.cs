using System.Runtime.CompilerServices;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar.Building;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>
/// Line protocol to table batches. The bytes of a series are looked up as they are written: only the first
/// line of a series in a request is taken apart.
/// </summary>
public static class LineProtocolIngest
{
    /// <summary>
    /// Parses a body against a state of the schemas; nothing is stored. Throws <see
    /// cref="ErrorKind.Invalid"/> for a body that is not text where the dialect demands it, <see
    /// cref="ErrorKind.TooLarge"/> beyond a limit of requests.
    /// </summary>
    public static ParsedPoints Parse(
        ReadOnlySpan<byte> body, IngestRules rules, SchemaCatalog schemas, IngestSetup setup)
    {
        LineReader reader = new(body);
        if (rules.Dialect == IngestDialect.V3 && !reader.BodyIsUtf8)
            throw new TsDbException(ErrorKind.Invalid, "body content is not valid utf8");
        using Intake intake = new(schemas, rules, setup);
        while (reader.NextLine())
        {
            Refusal? refusal = intake.Take(ref reader);
            if (refusal is null) continue;
            intake.Refuse(ref reader, refusal, body);
        }

        return intake.Finish();
    }

    /// <summary>The state of a request: of one body, or of several that are stored together.</summary>
    internal sealed class Intake(SchemaCatalog schemas, IngestRules rules, IngestSetup setup) : IDisposable
    {
        private readonly RequestTables _tables = new(schemas, rules, setup, namesAreEscaped: true);
        private readonly RefusalList _refusals = new(setup.Limits.RefusalsListedMax);

        // Measurement and tags as written, to the table and series they mean.
        private readonly ByteKeyMap _keys = new(setup.HashSeed);
        private readonly List<(int Table, int Series)> _targets = [];

        // By key: the one that followed it last; requests repeat their series in one order.
        private readonly List<int> _followers = [];
        private int _last = -1;
        private int _keysKept;

        /// <summary>Points taken.</summary>
        public RequestTables Tables => _tables;

        /// <summary>Takes a body beside those before it; null if all its lines went in.</summary>
        public RefusalList? TakeBody(ReadOnlySpan<byte> body)
        {
            RefusalList? refusals = null;
            LineReader reader = new(body);
            while (reader.NextLine())
            {
                Refusal? refusal = Take(ref reader);
                if (refusal is null) continue;
                refusals ??= new RefusalList(listedMax: 1);
                Refuse(ref reader, refusal, body, refusals);
            }

            return refusals;
        }

        /// <summary>Takes a line; null if it went in.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public Refusal? Take(ref LineReader reader)
        {
            int known = _last < 0 ? -1 : _followers[_last];
            if (known < 0 || known >= _keys.Count || !reader.TryReadKey(_keys[known]))
            {
                if (!reader.ReadKey(out ReadOnlySpan<byte> key)) return Of(reader.Fault, reader.FaultOffset);
                known = _keys.Find(key, out ulong hash);
                if (known < 0)
                {
                    Refusal? unknown = TakeKey(ref reader, key, hash, out (int, int) target);
                    if (unknown is not null) return unknown;
                    known = _keys.Add(key, hash);
                    _targets.Add(target);
                    _followers.Add(-1);
                }

                if (_last >= 0) _followers[_last] = known;
            }

            _last = known;
            (int number, int series) = _targets[known];
            TableIntake table = _tables.Open(number);
            Refusal? refusal = table.TakeFields(ref reader);
            if (refusal is not null) return refusal;
            if (reader.Fault != LineFault.None) return Of(reader.Fault, reader.FaultOffset);
            int timeAt = reader.Offset;
            if (!reader.ReadTime(out bool given, out long written))
                return Of(reader.Fault, reader.FaultOffset);
            refusal = _tables.TimeOf(given, written, timeAt, out long time);
            if (refusal is not null) return refusal;
            _tables.EndRow(table, series, time);
            _keysKept = _keys.Count;
            return null;
        }

        /// <summary>Leaves a line that does not go in.</summary>
        public void Refuse(ref LineReader reader, Refusal refusal, ReadOnlySpan<byte> body) =>
            Refuse(ref reader, refusal, body, _refusals);

        private void Refuse(
            ref LineReader reader, Refusal refusal, ReadOnlySpan<byte> body, RefusalList refusals)
        {
            _tables.RollBack();
            _keys.Truncate(_keysKept);
            _targets.RemoveRange(_keysKept, _targets.Count - _keysKept);
            _followers.RemoveRange(_keysKept, _followers.Count - _keysKept);
            _last = -1;
            reader.SkipLine();
            refusals.Add(refusal, body, reader.LineStart, reader.LineText);
        }

        public ParsedPoints Finish() => _refusals.Finish(_tables, rules);

        public void Dispose()
        {
            _tables.Dispose();
            _keys.Dispose();
        }

        private static Refusal Of(LineFault fault, int offset) =>
            new(RefusalKind.Malformed, fault.Reason(), offset);

        private Refusal? TakeKey(
            ref LineReader reader, ReadOnlySpan<byte> key, ulong hash, out (int Table, int Series) target)
        {
            target = default;
            int offset = reader.LineStart;
            KeyReader keys = new(key, checkUtf8: !reader.BodyIsUtf8);
            if (!keys.ReadMeasurement()) return Of(keys.Fault, offset);
            Refusal? refusal = _tables.Table(keys.Measurement, offset, out int number);
            if (refusal is not null) return refusal;
            TableIntake table = _tables.Open(number);
            table.BeginSeries(hash);
            for (int position = 0; keys.NextTag(); position++)
            {
                ReadOnlySpan<byte> value = keys.TagValue;
                if (value.Contains((byte)'\\'))
                {
                    Span<byte> plain = _tables.Scratch(value.Length);
                    value = plain[..LineBytes.UnescapeName(value, plain)];
                }

                int at = offset + key.Length - keys.BytesLeft;
                refusal = table.TakeTag(keys.TagName, value, position, at);
                if (refusal is not null) return refusal;
            }

            if (keys.Fault != LineFault.None) return Of(keys.Fault, offset + key.Length - keys.BytesLeft);
            target = (number, table.EndSeries());
            return null;
        }
    }
}
