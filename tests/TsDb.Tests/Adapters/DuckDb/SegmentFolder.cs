using TsDb.Columnar;
using TsDb.Model;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>Real segment files in a temporary folder, laid out as a node lays them out.</summary>
public sealed class SegmentFolder : IDisposable
{
    private static readonly Incarnation Born = new(new Guid("00000000-0000-0000-0000-000000000001"));

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tsdb-engine-");
    private int _files;

    public string Path => _root.FullName;

    /// <summary>A segment of one cell; all points lie in one day.</summary>
    public SegmentRef Write(
        EdgeId edge, long rank, IReadOnlyList<ModelPoint> points,
            params (string Name, FieldType Type)[] fields) =>
        Write(edge, rank, ModelBatches.Build(points, fields));

    public SegmentRef Write(EdgeId edge, long rank, TableBatch batch)
    {
        SortedRun run = KeyMerge.Merge(batch.Table, [batch]);
        Day day = Day.Of(run.TimeFirst);
        string folder = System.IO.Path.Combine(
            Path, "segments", batch.Table.Database, batch.Table.Table, $"edge={edge}", day.ToString());
        Directory.CreateDirectory(folder);
        string path = System.IO.Path.Combine(folder, $"{++_files}.parquet");
        using FileStream file = File.Create(path);
        SegmentManifest manifest = SegmentWriter.Write(
            run, new SegmentFacts(
                new Cell(batch.Table, edge, day), Born, new OrdinalRange(new(rank), new(rank))), file);
        return new SegmentRef(path, file.Length, manifest, rank);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
