using System.Buffers;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Memory;
using Apache.Arrow.Types;
using TsDb.Query.Direct;

namespace TsDb.Tests.Query.Direct;

public sealed class MergedResultTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_rows_of_other_nodes_lie_in_is_given_back_with_the_answer(bool isRead)
    {
        Lender lender = new();
        List<RecordBatch> parts = [];
        using MemoryStream bytes = new(Stream());
        using ArrowStreamReader reader = new(bytes, lender);
        while (await reader.ReadNextRecordBatchAsync(Ct) is { } part) parts.Add(part);
        Schema schema = new([new Field("v", Int64Type.Default, nullable: true)], null);
        await using (MergedResult result = new(
            schema, [.. parts.Select(part => new RecordBatch(schema, part.Arrays, part.Length))], parts))
        {
            Assert.True(lender.Lent > 0);
            List<long?> values = [];
            await foreach (RecordBatch batch in result.ReadAsync(Ct))
            {
                if (!isRead) break;
                using (batch) values.AddRange(((Int64Array)batch.Column(0)).ToList());
            }

            if (isRead) Assert.Equal([1, 2, 3, 4], values);
        }

        Assert.Equal(0, lender.Lent);
    }

    private static byte[] Stream()
    {
        Schema schema = new([new Field("n", Int64Type.Default, nullable: true)], null);
        using MemoryStream bytes = new();
        using ArrowStreamWriter writer = new(bytes, schema);
        foreach (long first in (long[])[1, 3])
        {
            Int64Array values = new Int64Array.Builder().Append(first).Append(first + 1).Build();
            writer.WriteRecordBatch(new RecordBatch(schema, [values], values.Length));
        }

        writer.WriteEnd();
        return bytes.ToArray();
    }

    private sealed class Lender : MemoryAllocator
    {
        public int Lent { get; private set; }

        protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
        {
            bytesAllocated = length;
            Lent++;
            return new Loan(this, new byte[length]);
        }

        private sealed class Loan(Lender lender, byte[] bytes) : IMemoryOwner<byte>
        {
            private bool _isBack;

            public Memory<byte> Memory => bytes;

            public void Dispose()
            {
                if (!_isBack) lender.Lent--;
                _isBack = true;
            }
        }
    }
}
