using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>Some of a cluster's shards, a bit for each. Immutable.</summary>
internal sealed class ShardSet
{
    /// <summary>No shard.</summary>
    public static readonly ShardSet None = new([]);

    private const int BitsOfWord = 64;

    private readonly ulong[] _words;

    private ShardSet(ulong[] words) => _words = words;

    /// <summary>True if no shard is in it.</summary>
    public bool IsEmpty => _words.Length == 0;

    /// <summary>The set of these; a number that is no shard's of so many is left out.</summary>
    public static ShardSet Of(ImmutableArray<ShardId> shards, int shardCount)
    {
        if (shards.IsEmpty) return None;
        ulong[] words = new ulong[(shardCount + BitsOfWord - 1) / BitsOfWord];
        foreach (ShardId shard in shards)
        {
            if ((uint)shard.Value < (uint)shardCount)
                words[shard.Value / BitsOfWord] |= 1UL << (shard.Value % BitsOfWord);
        }

        return new ShardSet(words);
    }

    /// <summary>True if the shard is in it.</summary>
    public bool Contains(ShardId shard) =>
        (uint)shard.Value < (uint)(_words.Length * BitsOfWord)
        && (_words[shard.Value / BitsOfWord] & (1UL << (shard.Value % BitsOfWord))) != 0;
}
