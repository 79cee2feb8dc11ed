using System.Text;
using TsDb.Model;
using TsDb.Storage.Backup;

namespace TsDb.Tests.Storage.Backup;

public sealed class BackupManifestTests
{
    [Theory]
    [InlineData("""{"version":1}""", "it lacks 'kind', 'id', 'takenAt', 'files', 'gaps'")]
    [InlineData("{\n bad", "it is no JSON from line 2, byte 2 on")]
    [InlineData("""{"version":1,"id":7}""", "$.id in line 1 is not what belongs there")]
    [InlineData("null", "it is null")]
    public void A_damaged_file_is_told_of_in_words_for_people(string json, string words)
    {
        TsDbException error = Assert.Throws<TsDbException>(
            () => BackupManifest.Decode(Encoding.UTF8.GetBytes(json), "m.json"));
        Assert.Equal((ErrorKind.Corrupt, "m.json cannot be read: " + words), (error.Kind, error.Message));
    }
}
