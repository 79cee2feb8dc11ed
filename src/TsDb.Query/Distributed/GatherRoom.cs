using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>
/// Memory for rows and partial states that a node gathers from others, shared by all its queries. Safe for
/// several threads.
/// </summary>
/// <param name="bytesMax">Bytes for all queries together.</param>
public sealed class GatherRoom(long bytesMax)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private long _used;

    /// <summary>Bytes held now.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>One query's part; it is given back when it is disposed of.</summary>
    internal Part Rent() => new(this);

    /// <summary>What one query holds.</summary>
    internal sealed class Part : IDisposable
    {
        private readonly GatherRoom _room;
        private readonly Holder _own;
        private long _bytes;
        private int _holders = 1;

        /// <summary>A part without bytes yet.</summary>
        public Part(GatherRoom room) => (_room, _own) = (room, new Holder(this));

        /// <summary>
        /// Takes bytes for rows that have come. Throws <see cref="ErrorKind.TooLarge"/> if the query alone
        /// has more than it may, <see cref="ErrorKind.Unavailable"/> if all together have.
        /// </summary>
        public void Take(long bytes, long queryBytesMax)
        {
            long mine = Interlocked.Add(ref _bytes, bytes);
            long all = Interlocked.Add(ref _room._used, bytes);
            long most = Math.Min(queryBytesMax, _room.BytesMax);
            if (mine > most)
            {
                throw new TsDbException(
                    ErrorKind.TooLarge,
                    $"the nodes send more than the {most} bytes that one query may gather: narrow the time "
                    + "range, aggregate, or give the node more with --query-memory");
            }

            if (all > _room.BytesMax)
            {
                throw new TsDbException(
                    ErrorKind.Unavailable,
                    $"this node's queries have gathered more than the {_room.BytesMax} bytes they share: try "
                    + "again, or narrow the time range")
                {
                    RetryAfter = RetryAfter,
                };
            }
        }

        /// <summary>Keeps the rows' bytes beyond <see cref="Dispose"/>, until what is answered is disposed
        /// of.</summary>
        public IDisposable Keep()
        {
            Interlocked.Increment(ref _holders);
            return new Holder(this);
        }

        /// <inheritdoc/>
        public void Dispose() => _own.Dispose();

        private void Release()
        {
            if (Interlocked.Decrement(ref _holders) == 0)
                Interlocked.Add(ref _room._used, -Interlocked.Exchange(ref _bytes, 0));
        }

        private sealed class Holder(Part part) : IDisposable
        {
            private Part? _part = part;

            public void Dispose() => Interlocked.Exchange(ref _part, null)?.Release();
        }
    }

    private long BytesMax => bytesMax;
}
