using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using CsCheck;
using TsDb.Query.Direct;

namespace TsDb.Tests.Query.Direct;

public sealed class TextRunsTests
{
    private static readonly Schema Plain = new(
        [
            new Field("host", StringType.Default, nullable: true),
            new Field("v", Int64Type.Default, nullable: false),
            new Field("rack", StringType.Default, nullable: true),
        ],
        new Dictionary<string, string> { ["k"] = "v" });

    // Texts of one length that differ only late, the empty text beside null, long runs.
    private static readonly Gen<string?[]> Texts =
        Gen.OneOf<string?>("", null, "a", "b", "ab", "aa", "äö", "host_1", "host_2")
            .SelectMany(text => Gen.Int[1, 5].Select(times => (text, times))).Array[0, 40]
            .Select(runs => runs.SelectMany(run => Enumerable.Repeat(run.Item1, run.Item2)).ToArray());

    [Fact]
    public void Rows_come_back_as_they_were() =>
        Gen.Select(Texts, Gen.Int[0, 7], Gen.Int[0, 7]).Sample((hosts, front, back) =>
        {
            using RecordBatch whole = Batch(hosts);
            int offset = Math.Min(front, hosts.Length);
            int length = Math.Max(0, hosts.Length - offset - back);
            RecordBatch batch = new(
                Plain, whole.Arrays.Select(array => ArrowArrayFactory.Slice(array, offset, length)), length);
            Schema schema = TextRuns.Shorten(Plain);
            using MemoryStream bytes = new();
            using (ArrowStreamWriter writer = new(bytes, schema, leaveOpen: true))
            {
                writer.WriteRecordBatch(TextRuns.Shorten(batch, schema));
                writer.WriteEnd();
            }

            bytes.Position = 0;
            using ArrowStreamReader reader = new(bytes);
            RecordBatch read = reader.ReadNextRecordBatch();
            Assert.True(TextRuns.AreIn(reader.Schema));
            Schema expanded = TextRuns.Expand(reader.Schema);
            Assert.Equal(
                Plain.FieldsList.Select(field => (field.Name, field.DataType.TypeId, field.IsNullable)),
                expanded.FieldsList.Select(field => (field.Name, field.DataType.TypeId, field.IsNullable)));
            Assert.Equal("v", expanded.Metadata["k"]);
            RecordBatch again = TextRuns.Expand(read, expanded);
            Assert.Equal(length, again.Length);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(hosts[offset + i], ((StringArray)again.Column(0)).GetString(i));
                Assert.Equal(offset + i, ((Int64Array)again.Column(1)).GetValue(i));
                Assert.Equal(hosts[^(offset + i + 1)], ((StringArray)again.Column(2)).GetString(i));
            }
        });

    [Fact]
    public void Tags_of_a_series_travel_once()
    {
        using RecordBatch batch = Batch([.. Enumerable.Repeat("a-host-with-a-long-name", 10_000)]);
        Assert.True(TextRuns.AreShorter(batch));
        RecordBatch runs = TextRuns.Shorten(batch, TextRuns.Shorten(Plain));
        Assert.Equal(1, ((RunEndEncodedArray)runs.Column(0)).Values.Length);
    }

    [Fact]
    public void Texts_that_change_with_every_row_or_two_are_sent_as_they_are()
    {
        using RecordBatch batch = Batch([.. Enumerable.Range(0, 5_000).Select(i => $"host-{i / 2 % 3}")]);
        Assert.False(TextRuns.AreShorter(batch));
        Assert.False(TextRuns.AreShorter(Batch([])));
    }

    [Theory]
    [InlineData(new[] { 2, 4 }, 5)]
    [InlineData(new[] { 2, 6 }, 5)]
    [InlineData(new[] { 3, 3, 5 }, 5)]
    [InlineData(new[] { 0, 5 }, 5)]
    [InlineData(new[] { 7, 5 }, 5)]
    [InlineData(new int[0], 5)]
    public void Runs_that_do_not_add_up_are_refused(int[] ends, int rows)
    {
        StringArray.Builder texts = new();
        foreach (int end in ends) texts.Append($"to {end}");
        RunEndEncodedArray runs = new(new Int32Array.Builder().AppendRange(ends).Build(), texts.Build());
        Schema schema = new([Plain.FieldsList[0]], null);
        RecordBatch batch = new(TextRuns.Shorten(schema), [runs], rows);
        Assert.Throws<InvalidDataException>(() => TextRuns.Expand(batch, schema));
        Assert.Throws<InvalidDataException>(() => TextRuns.Require(batch));
    }

    [Fact]
    public void Made_as_runs_they_are_the_texts_made_one_by_one() => Texts.Sample(hosts =>
    {
        OutputRuns runs = new();
        OutputTexts plain = new(hosts.Length);
        foreach (string? host in hosts)
        {
            byte[]? text = host is null ? null : System.Text.Encoding.UTF8.GetBytes(host);
            runs.AppendRepeated(text, isNull: host is null, times: 1);
            plain.Append(text);
        }

        RunEndEncodedArray made = (RunEndEncodedArray)runs.Build();
        int changes = hosts.Where((host, i) => i == 0 || host != hosts[i - 1]).Count();
        Assert.Equal(changes, made.Values.Length);
        Schema schema = new([Plain.FieldsList[0]], null);
        RecordBatch batch = new(TextRuns.Shorten(schema), [made], hosts.Length);
        TextRuns.Require(batch);
        StringArray read = (StringArray)TextRuns.Expand(batch, schema).Column(0);
        StringArray wanted = plain.Build();
        for (int i = 0; i < hosts.Length; i++) Assert.Equal(wanted.GetString(i), read.GetString(i));
    });

    private static RecordBatch Batch(string?[] hosts)
    {
        StringArray.Builder racks = new();
        foreach (string? host in hosts.Reverse()) racks.Append(host);
        StringArray.Builder names = new();
        foreach (string? host in hosts) names.Append(host);
        Int64Array.Builder values = new();
        for (int i = 0; i < hosts.Length; i++) values.Append(i);
        return new RecordBatch(Plain, [names.Build(), values.Build(), racks.Build()], hosts.Length);
    }
}
