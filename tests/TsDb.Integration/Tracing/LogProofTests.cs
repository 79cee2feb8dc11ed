using System.Globalization;
using System.Text.RegularExpressions;

namespace TsDb.Integration.Tracing;

/// <summary>The proof of the edge's acknowledgements can fail: traces made by hand.</summary>
public sealed partial class LogProofTests
{
    private const string Log = "20</d/e1/wal/1-a.wal>";
    private const string Created =
        "100 1.0 openat(AT_FDCWD</d>, \"/d/e1/wal/1-a.wal\", O_RDWR|O_CREAT|O_EXCL, 0666) = " + Log;

    private const string FolderSynced = "100 1.1 fsync(21</d/e1/wal>) = 0";
    private const string Written = $"100 1.3 pwrite64({Log}, \"TSWF\\1\\0\\377 mark-a-00001\", 20, 0) = 20";
    private const string Synced = $"100 1.4 fsync({Log})                = 0";
    private const string SyncBegins = $"100 1.4 fsync({Log} <unfinished ...>";
    private const string SyncEnds = "100 1.6 <... fsync resumed>) = 0";

    private static readonly string Asked = Received(
        "POST /api/v2/write HTTP/1.1\\r\\n\\r\\nt,mark=mark-a-00001 v=1i 1\\n");

    private static readonly string Answered = Sent("HTTP/1.1 204 No Content\\r\\n\\r\\n");

    [Fact]
    public void An_answer_after_the_completed_sync_of_its_bytes_is_proven() =>
        Assert.Null(Fault(Created, FolderSynced, Asked, Written, Synced, Answered));

    [Fact]
    public void A_sync_after_the_answer_is_a_fault() => Assert.Contains(
        "no sync was over", Fault(Created, FolderSynced, Asked, Written, Answered, Synced),
        StringComparison.Ordinal);

    [Fact]
    public void A_sync_that_has_not_returned_when_the_answer_begins_is_a_fault() => Assert.Contains(
        "no sync was over",
        Fault(Created, FolderSynced, Asked, Written, SyncBegins, Answered, SyncEnds),
        StringComparison.Ordinal);

    [Fact]
    public void A_sync_that_never_returns_is_a_fault() => Assert.Contains(
        "the next is never", Fault(Created, FolderSynced, Asked, Written, SyncBegins, Answered),
        StringComparison.Ordinal);

    [Fact]
    public void A_sync_that_another_thread_interrupts_counts_from_its_end() => Assert.Null(Fault(
        Created, FolderSynced, Asked, Written, SyncBegins, "102 1.5 fsync(30</d/e1/catalog/1.records>) = 0",
        SyncEnds, Answered));

    [Fact]
    public void A_sync_that_began_before_the_write_was_over_is_a_fault() => Assert.Contains(
        "no sync was over",
        Fault(
            Created, FolderSynced, Asked,
            $"100 1.3 pwrite64({Log}, \"TSWF\\1\\0\\377 mark-a-00001\", 20, 0 <unfinished ...>",
            $"102 1.4 fsync({Log}) = 0", "100 1.5 <... pwrite64 resumed>) = 20", Answered),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("100 1.4 fsync(20</d/e1/wal/1-a.wal>) = -1 EIO (Input/output error)")]
    [InlineData("100 1.4 fsync(23</d/e1/wal/2-b.wal>) = 0")]
    [InlineData("100 1.4 fsync(20</d/e1/wal/1-a.wal>) = ?")]
    public void A_sync_that_fails_or_is_of_another_file_is_a_fault(string sync) => Assert.Contains(
        "no sync was over", Fault(Created, FolderSynced, Asked, Written, sync, Answered),
        StringComparison.Ordinal);

    [Fact]
    public void A_write_of_other_bytes_or_before_the_request_or_in_part_is_a_fault()
    {
        Assert.NotNull(Fault(
            Created, FolderSynced, Asked, Written.Replace("00001", "00002", StringComparison.Ordinal), Synced,
            Answered));
        Assert.NotNull(Fault(Created, FolderSynced, Written, Asked, Synced, Answered));
        Assert.NotNull(Fault(
            Created, FolderSynced, Asked, Written.Replace("20, 0", "99, 0", StringComparison.Ordinal), Synced,
            Answered));
    }

    [Fact]
    public void A_new_log_file_whose_folder_was_not_synced_is_a_fault() => Assert.Contains(
        "the folder /d/e1/wal was not synced", Fault(Created, Asked, Written, Synced, Answered),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_PUBACK_is_proven_only_after_the_sync(bool inTime)
    {
        string connect = Received("\\20\\r\\0\\4MQTT\\5\\2\\0\\17\\0\\0\\0");
        string publish = Received("2!\\0\\5topic\\0\\7\\0t,mark=mark-a-00001 v=1");
        string puback = Sent("@\\2\\0\\7");
        string[] order = inTime ? [Synced, puback] : [puback, Synced];
        string? fault = Fault([Created, FolderSynced, connect, publish, Written, .. order]);
        Assert.Equal(inTime, fault is null);
        if (fault is not null) Assert.StartsWith("PUBACK of mark-a-00001", fault, StringComparison.Ordinal);
    }

    private static string? Fault(params string[] lines)
    {
        List<SystemCall> calls = TraceReader.Read(lines);
        return new LogProof(calls).FaultOf(Assert.Single(Acknowledgements.In(calls)));
    }

    private static string Received(string shown) =>
        Moved("101 1.2 recvfrom(9<socket:[7]>, ", shown, "4096, 0, NULL, NULL");

    private static string Sent(string shown) =>
        Moved("103 1.5 sendto(9<socket:[7]>, ", shown, "4096, 0, NULL, 0");

    /// <summary>A line of a call that moved bytes, which are given as strace shows them.</summary>
    private static string Moved(string call, string shown, string rest) => string.Create(
        CultureInfo.InvariantCulture,
        $"{call}\"{shown}\", {rest}) = {Escapes().Replace(shown, "x").Length}");

    [GeneratedRegex(@"\\([0-7]{1,3}|.)")]
    private static partial Regex Escapes();
}
