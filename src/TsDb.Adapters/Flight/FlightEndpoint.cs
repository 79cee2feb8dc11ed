using Apache.Arrow;
using Apache.Arrow.Types;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Flight's DoGet: hands the ticket to the first source that knows its kind and streams the rows.
/// </summary>
internal sealed class FlightEndpoint(IEnumerable<IFlightSource> sources, IAuthorizer authorizer)
    : FlightService.FlightServiceBase
{
    /// <summary>The header that says what an answer rests on, as over HTTP.</summary>
    public const string CoverageName = "x-tsdb-coverage";

    private readonly IFlightSource[] _sources = [.. sources];

    /// <inheritdoc/>
    public override async Task DoGet(
        Ticket request, IServerStreamWriter<FlightData> responseStream, ServerCallContext context)
    {
        try
        {
            string? credentials = context.RequestHeaders.GetValue("authorization");
            if (!authorizer.IsAllowed(new AccessRequest("flight", "query", "", credentials)))
                throw new RpcException(new Status(StatusCode.PermissionDenied, "not allowed"));
            FlightAnswer answer = await OpenAsync(request.Ticket_.Memory, context.CancellationToken);
            await using ISqlResult result = answer.Result;
            if (answer.Coverage is { } coverage)
                await context.WriteResponseHeadersAsync(new Metadata { { CoverageName, coverage } });
            Schema schema = WithColumnTypes(result.Schema);
            CancellationToken ct = context.CancellationToken;
            IAsyncEnumerable<FlightData> rows =
                FlightEncoder.EncodeAsync(schema, result, answer.HasTextRuns, ct);
            await foreach (FlightData data in rows) await responseStream.WriteAsync(data, ct);
        }
        catch (TsDbException e)
        {
            throw RpcErrors.ToRpc(e);
        }
    }

    private async Task<FlightAnswer> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        foreach (IFlightSource source in _sources)
        {
            if (await source.OpenAsync(ticket, ct) is { } answer) return answer;
        }

        throw new TsDbException(ErrorKind.Invalid, "nothing here answers this kind of Flight ticket");
    }

    // The v3 clients read a column's kind from this metadata; a timestamp without it stays a bare number
    // there.
    private static Schema WithColumnTypes(Schema schema)
    {
        Schema.Builder builder = new();
        foreach (Field field in schema.FieldsList)
        {
            Dictionary<string, string> metadata = new(field.Metadata ?? new Dictionary<string, string>());
            if (ColumnType(field.DataType) is { } type)
                metadata.TryAdd("iox::column::type", $"iox::column_type::{type}");
            builder.Field(new Field(field.Name, field.DataType, field.IsNullable, metadata));
        }

        foreach ((string key, string value) in schema.Metadata ?? new Dictionary<string, string>())
            builder.Metadata(key, value);
        return builder.Build();
    }

    private static string? ColumnType(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Timestamp => "timestamp",
        ArrowTypeId.Dictionary => "tag",
        ArrowTypeId.String => "field::string",
        ArrowTypeId.Float or ArrowTypeId.Double => "field::float",
        ArrowTypeId.Int8 or ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64 => "field::integer",
        ArrowTypeId.UInt8 or ArrowTypeId.UInt16 or ArrowTypeId.UInt32 or ArrowTypeId.UInt64 =>
            "field::uinteger",
        ArrowTypeId.Boolean => "field::boolean",
        _ => null,
    };
}
