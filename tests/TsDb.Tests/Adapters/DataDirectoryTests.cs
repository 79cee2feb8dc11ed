using TsDb.Adapters.Disk;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Tests.Adapters;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tsdb-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Bytes_and_names_come_back()
    {
        using (DataDirectory disk = DataDirectory.Open(Path.Combine(_root, "new", "data")))
        {
            using (IDiskFile file = disk.Create("a/b/c.tmp"))
            {
                file.Append([1, 2, 3]);
                file.Append([4, 5]);
                file.Truncate(4);
                file.Sync();
                Assert.Equal(4, file.BytesLength);
            }

            disk.Rename("a/b/c.tmp", "a/b/c");
            disk.SyncDirectory("a/b");
            disk.Delete("a/b/none");
            disk.Delete("nowhere/none");
        }

        using DataDirectory again = DataDirectory.Open(Path.Combine(_root, "new", "data"));
        Assert.Equal(["a/b/c"], again.List("a"));
        Assert.Empty(again.List("nowhere"));
        Assert.True(again.Exists("a/b/c"));
        byte[] bytes = new byte[10];
        using IDiskFile read = again.Open("a/b/c");
        Assert.Equal(2, read.ReadAt(2, bytes));
        Assert.Equal([3, 4], bytes[..2]);
        Assert.Throws<IOException>(() => again.Create("a/b/c"));
    }

    [Fact]
    public void A_second_opener_is_refused_until_the_first_lets_go()
    {
        using (DataDirectory.Open(_root))
        {
            TsDbException error = Assert.Throws<TsDbException>(() => DataDirectory.Open(_root));
            Assert.Equal(ErrorKind.Conflict, error.Kind);
            Assert.Contains("in use by another process", error.Message, StringComparison.Ordinal);
        }

        DataDirectory.Open(_root).Dispose();
    }

    [Fact]
    public void A_quota_is_a_full_disk()
    {
        using DataDirectory disk = DataDirectory.Open(_root, quotaBytes: 100);
        using IDiskFile file = disk.Create("f");
        file.Append(new byte[80]);
        Assert.Equal(20, disk.FreeBytes);
        Assert.Throws<DiskFullException>(() => file.Append(new byte[21]));
        file.Append(new byte[20]);
        Assert.Equal(0, disk.FreeBytes);
        file.Truncate(50);
        Assert.Equal(50, disk.FreeBytes);
        disk.Delete("f");
        Assert.Equal(100, disk.FreeBytes);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/x")]
    public void Paths_stay_inside(string path)
    {
        using DataDirectory disk = DataDirectory.Open(_root);
        Assert.Throws<TsDbException>(() => disk.FullPath(path));
    }

    [Fact]
    public void A_file_in_the_way_is_refused()
    {
        string file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<TsDbException>(() => DataDirectory.Open(file)).Kind);
    }
}
