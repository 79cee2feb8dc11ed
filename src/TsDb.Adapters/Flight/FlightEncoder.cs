using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Direct;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>
/// A result as FlightData messages: the schema first, then dictionaries and batches of bounded size.
/// </summary>
internal static class FlightEncoder
{
    /// <summary>
    /// Wanted size of a message: gRPC clients refuse more than 4 MiB unless told otherwise.
    /// </summary>
    public const int MessageBytesWanted = 2 << 20;

    private const int MessageBytesMax = 4 << 20;

    /// <summary>Encodes all rows of the result, whose texts may be <see cref="TextRuns"/>. Memory holds one
    /// batch's bytes at a time: a message must be sent before the next is asked for.</summary>
    /// <param name="schema">The columns, with what is to be said of them.</param>
    /// <param name="result">The rows.</param>
    /// <param name="mayHaveRuns">True if texts may be sent as <see cref="TextRuns"/> where that is shorter.
    /// </param>
    /// <param name="ct">Stops between two batches.</param>
    public static async IAsyncEnumerable<FlightData> EncodeAsync(
        Schema schema,
        ISqlResult result,
        bool mayHaveRuns,
        [EnumeratorCancellation] CancellationToken ct)
    {
        Schema plain = TextRuns.Expand(schema);
        using Stream stream = new(plain);
        await foreach (RecordBatch batch in result.ReadAsync(ct).WithCancellation(ct))
        {
            using (batch)
            {
                if (!stream.IsStarted) stream.Start(mayHaveRuns && TextRuns.AreShorter(batch));
                int wanted = RowsNext(batch.Length, ExplainFigures.BytesOf(batch));
                bool isWhole = stream.HasRuns && wanted >= batch.Length;
                RecordBatch rest = isWhole ? batch : TextRuns.Expand(batch, plain);
                for (int rows = 0; rows < batch.Length;)
                {
                    int count = Math.Min(wanted, batch.Length - rows);

                    // Not disposed: a slice shares the buffers of its batch.
                    stream.Write(isWhole ? rest : Slice(rest, plain, rows, count));
                    wanted = RowsNext(count, stream.Length);
                    rows += count;
                    foreach (FlightData data in stream.Take()) yield return data;
                }
            }
        }

        // Without rows there are still the columns.
        if (!stream.IsStarted) stream.Start(hasRuns: false);
        foreach (FlightData data in stream.Take()) yield return data;
    }

    private static int RowsNext(int rows, long bytes) =>
        (int)Math.Clamp(rows * (MessageBytesWanted / 2.0) / Math.Max(1, bytes), 1, 1 << 20);

    private static RecordBatch Slice(RecordBatch batch, Schema schema, int offset, int rows) =>
        new(schema, batch.Arrays.Select(array => ArrowArrayFactory.Slice(array, offset, rows)), rows);

    // What the writer has written and nobody has taken.
    private sealed class Stream(Schema schema) : IDisposable
    {
        private readonly RentedBytes _bytes = new();
        private Schema? _sent;
        private ArrowStreamWriter? _writer;

        public bool IsStarted => _writer is not null;

        public bool HasRuns { get; private set; }

        public long Length => _bytes.Length;

        public void Start(bool hasRuns)
        {
            HasRuns = hasRuns;
            _sent = hasRuns ? TextRuns.Shorten(schema) : schema;
            _writer = new ArrowStreamWriter(_bytes, _sent, leaveOpen: true);
            _writer.WriteStart();
        }

        public void Write(RecordBatch batch) =>
            _writer!.WriteRecordBatch(HasRuns ? TextRuns.Shorten(batch, _sent!) : batch);

        public List<FlightData> Take()
        {
            List<FlightData> messages = [];
            ReadOnlyMemory<byte> rest = _bytes.Written;
            while (IpcMessages.TryTake(
                ref rest, out ReadOnlyMemory<byte> header, out ReadOnlyMemory<byte> body))
            {
                if (body.Length > MessageBytesMax - (64 << 10))
                    throw new TsDbException(ErrorKind.TooLarge,
                        "one row or dictionary of the result is larger than 4 MiB: select less of it");

                messages.Add(new FlightData
                {
                    DataHeader = UnsafeByteOperations.UnsafeWrap(header),
                    DataBody = UnsafeByteOperations.UnsafeWrap(body),
                });
            }

            _bytes.Clear();
            return messages;
        }

        public void Dispose()
        {
            _writer?.Dispose();
            _bytes.Dispose();
        }
    }
}
