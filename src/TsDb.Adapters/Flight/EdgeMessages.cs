using System.Collections.Immutable;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using ZstdSharp;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Fresh queries as bytes: small on a weak uplink (zstd), and bounded when unpacked. Reading throws
/// <see cref="ErrorKind.Invalid"/> for whatever cannot be right.
/// </summary>
public static class EdgeMessages
{
    /// <summary>The newest kind of question that this code speaks, and reads the older ones.</summary>
    public const int Kind = 2;

    private const int KindWithoutErasures = 1;

    /// <summary>Bytes that an unpacked message may have.</summary>
    public const int BytesMax = 64 << 20;

    private const int Level = 3;

    /// <summary>
    /// The oldest kind that says all of a question: an edge that knows no erasures may answer while there are
    /// none.
    /// </summary>
    public static int KindOf(FreshQuestion question) => question.Erasures > 0 ? Kind : KindWithoutErasures;

    /// <summary>A question as bytes.</summary>
    public static byte[] Encode(FreshQuestion question, ClusterId cluster)
    {
        EdgeQuestionBody body = new()
        {
            Table = QueryMessages.Ref(question.Table),
            ColumnsHash = question.ColumnsHash,
            Erasures = question.Erasures,
            MemoryBytesMax = question.Limits.MemoryBytesMax,
            DurationMsMax = (long)question.Limits.DurationMax.TotalMilliseconds,
        };
        if (question.Fragment is { } fragment)
        {
            body.Fragment = QueryMessages.Ticket(
                new FragmentRequest
                {
                    Fragment = fragment,
                    ShardCount = 1,
                    Shards = [],
                    AtLeast = CatalogVersion.None,
                    Limits = question.Limits,
                },
                cluster);
        }

        body.Pinned.AddRange(question.Pinned.Select(state => new EdgeQuestionBody.Types.DayState
        {
            Day = state.Key.Number,
            Digest = NodeMessages.Name(state.Value),
        }));
        return Pack(body.ToByteArray());
    }

    /// <summary>The question in some bytes.</summary>
    public static FreshQuestion DecodeQuestion(ReadOnlySpan<byte> bytes)
    {
        EdgeQuestionBody body = Parse(EdgeQuestionBody.Parser, bytes);
        if (body.MemoryBytesMax <= 0 || body.DurationMsMax <= 0
            || body.DurationMsMax > QueryMessages.DurationMax.TotalMilliseconds)
            throw NodeMessages.Wrong(
                $"a question's limits are above zero, its time up to {QueryMessages.DurationMax}");
        return new FreshQuestion
        {
            Table = QueryMessages.Ref(body.Table),
            ColumnsHash = body.ColumnsHash,
            Erasures = body.Erasures,
            Fragment = body.Fragment is null ? null : QueryMessages.Request(body.Fragment).Fragment,
            Pinned = body.Pinned.DistinctBy(state => state.Day).ToImmutableSortedDictionary(
                state => new Day(state.Day), state => NodeMessages.Digest(state.Digest)),
            Limits = new SqlLimits
            {
                MemoryBytesMax = body.MemoryBytesMax,
                DurationMax = TimeSpan.FromMilliseconds(body.DurationMsMax),
            },
        };
    }

    /// <summary>An answer as bytes. Throws <see cref="ErrorKind.TooLarge"/> beyond
    /// <see cref="BytesMax"/>.</summary>
    public static async Task<byte[]> EncodeAsync(FreshAnswer answer, CancellationToken ct)
    {
        EdgeAnswerBody body = new() { HasColumns = answer.Columns is not null };
        foreach (Model.Column column in answer.Columns ?? [])
        {
            body.Columns.Add(new ColumnInfo
            {
                Name = column.Name,
                Role = (uint)column.Role,
                Type = (uint)column.Type,
            });
        }

        body.Days.AddRange(answer.Days.Select(day => day.Number));
        body.Incomplete.AddRange(answer.Incomplete.Select(cell => new EdgeAnswerBody.Types.IncompleteDay
        {
            Day = cell.Day.Number,
            Reason = cell.Reason,
        }));
        if (answer.Schema is { } schema)
        {
            using MemoryStream rows = new();
            using ArrowStreamWriter writer = new(rows, schema, leaveOpen: true);
            await writer.WriteStartAsync(ct);
            foreach (RecordBatch batch in answer.Batches)
            {
                await writer.WriteRecordBatchAsync(batch, ct);
                if (rows.Length <= BytesMax / 2) continue;
                throw new TsDbException(
                    ErrorKind.TooLarge,
                    $"this edge's part of the rows is more than {BytesMax / 2} bytes: "
                    + "narrow the time range or aggregate");
            }

            await writer.WriteEndAsync(ct);
            body.Rows = UnsafeByteOperations.UnsafeWrap(rows.GetBuffer().AsMemory(0, (int)rows.Length));
        }

        return Pack(body.ToByteArray());
    }

    /// <summary>The answer in some bytes.</summary>
    public static async Task<FreshAnswer> DecodeAnswerAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        EdgeAnswerBody body = Parse(EdgeAnswerBody.Parser, bytes.Span);
        Schema? schema = null;
        List<RecordBatch> batches = [];
        if (!body.Rows.IsEmpty)
        {
            try
            {
                ReadOnlyMemory<byte> rest = body.Rows.Memory;
                while (IpcMessages.TryTake(ref rest, out ReadOnlyMemory<byte> header, out _))
                    IpcMessages.RequireBounded(header.Span);
                using ArrowStreamReader reader = new(body.Rows.Memory[..^rest.Length]);
                schema = await reader.GetSchema(ct);
                while (await reader.ReadNextRecordBatchAsync(ct) is { } batch)
                {
                    RowIntegrity.Require(batch);
                    batches.Add(batch);
                }
            }
            catch (Exception e) when (e is not (TsDbException or OperationCanceledException
                or OutOfMemoryException))
            {
                // Whatever the reader stumbles over: it follows what the bytes say.
                throw new TsDbException(ErrorKind.Invalid, $"an edge's rows cannot be read: {e.Message}", e);
            }
        }

        return new FreshAnswer
        {
            Columns = !body.HasColumns ? null :
            [
                .. body.Columns.Select(c => new Model.Column(
                    c.Name, QueryMessages.Role(c.Role), QueryMessages.Known((FieldType)c.Type, "a type"))),
            ],
            Days = [.. body.Days.Select(day => new Day(day))],
            Incomplete = [.. body.Incomplete.Select(cell => (new Day(cell.Day), cell.Reason))],
            Schema = schema,
            Batches = batches,
        };
    }

    private static byte[] Pack(byte[] bytes)
    {
        using Compressor zstd = new(Level);
        return zstd.Wrap(bytes).ToArray();
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : IMessage<T>
    {
        try
        {
            if (Decompressor.GetDecompressedSize(bytes) is var size && size > BytesMax)
                throw NodeMessages.Wrong($"{size} bytes unpacked are more than {BytesMax}");
            using Decompressor zstd = new();
            return parser.ParseFrom(zstd.Unwrap(bytes, BytesMax));
        }
        catch (Exception e) when (e is ZstdException or InvalidProtocolBufferException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"a fresh query's bytes: {e.Message}", e);
        }
    }
}
