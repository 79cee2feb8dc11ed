using System.Globalization;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>Who is connected, and whose session is kept. Safe to use from many threads.</summary>
internal sealed class SensorSessions(int keptMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SensorSession> _sessions = new(StringComparer.Ordinal);
    private readonly LinkedList<SensorSession> _away = new();
    private long _named;

    /// <summary>
    /// Gives a connection its session; one that the client has already is taken over, and its connection is
    /// handed out to be closed.
    /// </summary>
    public SensorSession Enter(
        SensorConnection connection, string clientId, bool isClean,
        out bool isPresent, out SensorConnection? before)
    {
        lock (_gate)
        {
            isPresent = _sessions.TryGetValue(clientId, out SensorSession? session) && !isClean;
            before = session?.Connection;
            if (session is not null && before is null) _away.Remove(session);
            if (!isPresent) _sessions[clientId] = session = new SensorSession(clientId);
            session!.Connection = connection;
            return session;
        }
    }

    /// <summary>Takes note that a connection has ended.</summary>
    public void Leave(SensorConnection connection, SensorSession session, bool isKept)
    {
        lock (_gate)
        {
            if (session.Connection != connection) return;
            session.Connection = null;
            bool isCurrent = _sessions.TryGetValue(session.ClientId, out SensorSession? known)
                && known == session;
            if (!isCurrent) return;
            if (!isKept)
            {
                _sessions.Remove(session.ClientId);
                return;
            }

            _away.AddLast(session);
            if (_away.Count <= keptMax) return;
            _sessions.Remove(_away.First!.Value.ClientId);
            _away.RemoveFirst();
        }
    }

    /// <summary>A name for a client that has none.</summary>
    public string NextName() =>
        string.Create(CultureInfo.InvariantCulture, $"unnamed-{Interlocked.Increment(ref _named)}");
}
