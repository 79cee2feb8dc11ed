using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Sensors.Wire;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// One connection of a sensor, from its first byte to its last. One loop reads; answers are written by
/// whoever commits. Whatever a client does, the memory it takes is bounded: a packet is checked at its
/// header,
/// messages under way are counted, a client that does not read its answers is not read either, and a packet
/// that does not come to its end, or a client that falls silent, ends the connection.
/// </summary>
internal sealed partial class SensorConnection : IDisposable
{
    // Larger packets take room from the common budget before their body is read.
    private const int SmallPacketBytes = 16 << 10;
    private const int ControlPacketBytesMax = 64 << 10;
    private const int MessageOverheadBytes = 512;

    private readonly ConnectionContext _transport;
    private readonly SensorBrokerRooms _rooms;
    private readonly CancellationTokenSource _ending = new();
    private volatile MqttFault? _fault;
    private ConnectRequest? _client;
    private SensorSession? _session;
    private TaskCompletionSource? _roomWait;
    private int _inFlight;
    private long _reserved;
    private long _packetBegan;
    private readonly long _connectBy;
    private long _deadline;
    private bool _saidGoodbye;
    private bool _isOver;

    public SensorConnection(ConnectionContext transport, SensorBrokerRooms rooms)
    {
        (_transport, _rooms) = (transport, rooms);
        Output = new SensorOutput(transport.Transport.Output);
        _deadline = _connectBy = Clock.GetTimestamp() + Ticks(rooms.Options.ConnectTime);
    }

    /// <summary>What is sent to the client.</summary>
    public SensorOutput Output { get; }

    /// <summary>True if the client speaks MQTT 5.</summary>
    public bool IsFive => _client?.IsFive ?? false;

    private TimeProvider Clock => _rooms.Options.Clock;

    private string Name => _client is null ? $"{_transport.RemoteEndPoint}" : _client.ClientId;

    /// <summary>Serves the connection until it ends.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ReceiveAsync();
        }
        catch (MqttFault fault)
        {
            await SayWhyAsync(_fault ?? fault);
        }
        catch (OperationCanceledException) when (_fault is not null)
        {
            await SayWhyAsync(_fault);
        }
        catch (Exception error) when (
            error is IOException or ConnectionAbortedException or ConnectionResetException
            or OperationCanceledException)
        {
            // The client is gone.
        }
        catch (Exception error)
        {
            Log.ConnectionBroken(_rooms.Log, error);
        }

        lock (_ending) _isOver = true;
        Output.Close();
        _rooms.Budget.Return(Interlocked.Exchange(ref _reserved, 0));
        if (_session is not null) Leave(_session);
    }

    /// <summary>Ends the connection with a reason; the first one counts.</summary>
    public void EndWith(MqttFault fault)
    {
        lock (_ending)
        {
            if (_isOver || _fault is not null) return;
            _fault = fault;
            _transport.Transport.Input.CancelPendingRead();
            _ = _ending.CancelAsync();
        }
    }

    /// <summary>Ends the connection if its client is overdue.</summary>
    public void EndIfOverdue(long now)
    {
        if (now < Volatile.Read(ref _deadline)) return;
        if (_fault is null)
        {
            EndWith(new MqttFault(
                MqttReason.KeepAliveTimeout,
                _client is null ? "no CONNECT came" : "it was silent for longer than it may be"));
            return;
        }

        _transport.Abort(new ConnectionAbortedException("the client does not read"));
    }

    /// <summary>Writes an answer to a packet.</summary>
    public void Acknowledge(PacketType type, ushort packetId, MqttReason code, string? reason)
    {
        // After a message that failed none is acknowledged: the client sends all of them again, in order.
        if (_fault is not null) return;
        Output.Write(
            (Type: type, Id: packetId, IsFive, Code: code, Reason: reason),
            static (to, a) => PacketWriter.Acknowledge(to, a.Type, a.Id, a.IsFive, a.Code, a.Reason));
    }

    /// <summary>A message has ended: there is room for another.</summary>
    public void MessageEnded(long bytesReserved)
    {
        _rooms.Budget.Return(bytesReserved);
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Exchange(ref _roomWait, null)?.TrySetResult();
    }

    public void Dispose() => _ending.Dispose();

    private async Task ReceiveAsync()
    {
        PipeReader input = _transport.Transport.Input;
        bool isOpen = true;
        while (isOpen)
        {
            ReadResult read = await input.ReadAsync();
            if (_fault is not null) throw _fault;
            Volatile.Write(ref _deadline, long.MaxValue);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (isOpen && PacketFrame.TryRead(rest, out PacketFrame frame))
            {
                RequireAllowed(frame);
                if (rest.Length < frame.PacketBytes)
                {
                    if (frame.BodyBytes > SmallPacketBytes) await ReserveAsync(frame.BodyBytes);
                    break;
                }

                if (frame.Type == PacketType.Publish)
                {
                    await ReserveAsync(frame.BodyBytes + MessageOverheadBytes);
                    await WaitForRoomAsync();
                }

                isOpen = Take(frame, rest.Slice(frame.HeaderBytes, frame.BodyBytes));
                rest = rest.Slice(frame.PacketBytes);
                _packetBegan = 0;
            }

            input.AdvanceTo(rest.Start, rest.End);
            Output.Flush();
            isOpen = isOpen && !read.IsCompleted;
            if (isOpen) await AwaitClientAsync(isPartial: !rest.IsEmpty);
        }
    }

    /// <summary>
    /// Sets the time by which the client has to go on, and waits until it has read its answers.
    /// </summary>
    private async ValueTask AwaitClientAsync(bool isPartial)
    {
        long now = Clock.GetTimestamp();
        if (isPartial && _packetBegan == 0) _packetBegan = now;
        TimeSpan keepAlive = _client?.KeepAlive ?? TimeSpan.Zero;
        long deadline =
            now + Ticks(keepAlive > TimeSpan.Zero ? keepAlive * 1.5 : _rooms.Options.SilenceMax);
        if (isPartial) deadline = Math.Min(deadline, _packetBegan + Ticks(_rooms.Options.PacketTime));
        if (!Output.Flushed.IsCompleted)
        {
            Volatile.Write(ref _deadline, now + Ticks(_rooms.Options.PacketTime));
            await Output.Flushed.WaitAsync(_ending.Token);
        }

        Volatile.Write(ref _deadline, _client is null ? _connectBy : deadline);
    }

    private void RequireAllowed(PacketFrame frame)
    {
        if (_client is null && frame.Type != PacketType.Connect)
            throw new MqttFault(MqttReason.ProtocolError, "the first packet is not a CONNECT");
        int allowed = frame.Type == PacketType.Publish
            ? _rooms.Options.PacketBytesMax
            : Math.Min(_rooms.Options.PacketBytesMax, ControlPacketBytesMax);
        if (frame.BodyBytes > allowed)
        {
            throw new MqttFault(
                MqttReason.PacketTooLarge,
                $"a packet of {frame.BodyBytes} bytes is larger than the {allowed} allowed");
        }
    }

    /// <summary>Takes bytes from the common budget, as far as it was not done for this packet yet.</summary>
    private async ValueTask ReserveAsync(long bytes)
    {
        long missing = bytes - _reserved;
        if (missing <= 0) return;
        await _rooms.Budget.TryTakeAsync(missing, Timeout.InfiniteTimeSpan, _ending.Token);
        Interlocked.Add(ref _reserved, missing);
    }

    private async ValueTask WaitForRoomAsync()
    {
        while (Volatile.Read(ref _inFlight) >= _rooms.Options.MessagesInFlightMax)
        {
            TaskCompletionSource wait = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _roomWait, wait);
            if (Volatile.Read(ref _inFlight) < _rooms.Options.MessagesInFlightMax) return;
            Output.Flush();
            await wait.Task.WaitAsync(_ending.Token);
        }
    }

    private async Task SayWhyAsync(MqttFault fault)
    {
        Log.ConnectionClosed(_rooms.Log, Name, fault.Message);
        if (IsFive && _session is not null)
        {
            Output.Write(
                fault, static (to, why) => PacketWriter.Disconnect(to, why.Code, why.Message));
        }

        Output.Flush();
        if (!Output.Flushed.IsCompleted)
        {
            // Not for long: the sweep cuts off who does not read.
            Volatile.Write(ref _deadline, Clock.GetTimestamp() + Ticks(_rooms.Options.ConnectTime));
            await Output.Flushed;
        }
    }

    private void Leave(SensorSession session)
    {
        _rooms.Sessions.Leave(this, session, _client!.KeepsSession);
        if (_saidGoodbye || _client.WillTopic is not { } topic) return;
        if (!IsAllowed("write", topic)) return;
        Interlocked.Increment(ref _inFlight);
        _rooms.Intake.Take(topic, _client.WillPayload, new SensorMessage(this, session, 0, 0, 0));
    }

    private bool IsAllowed(string action, string resource) => _rooms.Options.Authorizer.IsAllowed(
        new AccessRequest("mqtt", action, resource, _client?.UserName));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Clock.TimestampFrequency);
}
