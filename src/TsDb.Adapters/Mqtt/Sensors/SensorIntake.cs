using System.Buffers;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// One message from its payload to its end. Calls made one after the other reach the log in that order,
/// though none waits for the one before: a request is parsed and handed to the store before the call returns.
/// </summary>
internal sealed class SensorIntake(
    IngestPipeline pipeline, SensorRules rules, bool refusesUnmapped, ILogger log)
{
    /// <summary>
    /// Stores what the message holds. Never throws; the payload is copied before the call returns.
    /// </summary>
    public async Task<SensorAnswer> TakeAsync(
        string topic, ReadOnlySequence<byte> payload, CancellationToken ct)
    {
        int length = (int)payload.Length;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        try
        {
            payload.CopyTo(bytes);
            SensorTarget? target = rules.Resolve(topic);
            if (length == 0 || (target is null && !refusesUnmapped)) return SensorAnswer.Done;
            if (target is null)
                throw new TsDbException(ErrorKind.Invalid, $"topic '{topic}' is not one that points come on");
            ParsedPoints parsed = await WriteAsync(target, bytes.AsMemory(0, length), ct);
            if (parsed.RefusedCount == 0) return SensorAnswer.Done;
            string reason = parsed.Refusals[0].Reason;
            Log.PointsRefused(log, topic, parsed.RefusedCount, reason);
            return parsed.RowCount > 0 ? SensorAnswer.Done : new SensorAnswer(SensorOutcome.Refused, reason);
        }
        catch (TsDbException error) when (
            error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge or ErrorKind.Conflict)
        {
            pipeline.Stats.AddRejectedMessage();
            Log.MessageRefused(log, topic, error.Message);
            return new SensorAnswer(SensorOutcome.Refused, error.Message);
        }
        catch (Exception error)
        {
            // Whatever it was, the points are not known to be durable: the sender keeps them.
            Log.MessageNotStored(log, topic, error.Message);
            return new SensorAnswer(SensorOutcome.Failed, error.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private Task<ParsedPoints> WriteAsync(
        SensorTarget target, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        int start = payload.Span.IndexOfAnyExcept(" \t\r\n"u8);
        bool isJson = start >= 0 && payload.Span[start] is (byte)'{' or (byte)'[';
        IngestRules write = new()
        {
            Database = target.Database,
            Dialect = IngestDialect.Sensor,
            Precision = isJson ? TimePrecision.Auto : target.Precision,
        };
        return isJson
            ? pipeline.WriteJsonAsync(payload, target.Json, write, ct)
            : pipeline.WriteLinesAsync(payload, write, ct);
    }
}
