using System.CommandLine;
using TsDb.Cli.Commands;

RootCommand root = new(
    "TsDb, an edge-replicated time-series database: write points, ask questions, look at the fleet.");
CommonOptions common = new();
root.Add(WriteCommand.Create(common));
root.Add(QueryCommand.Create(common));
root.Add(ShellCommand.Create(common));
root.Add(StatusCommand.Create(common));
root.Add(ClusterCommand.Create(common));
root.Add(ClusterCommand.CreateShards(common));
root.Add(DatabasesCommand.Create(common));
root.Add(DeleteCommand.Create(common));
root.Add(SegmentsCommand.Create());
root.Add(ShipCommand.Create(common));
root.Add(VerifyCommand.Create(common));
root.Add(WalCommand.Create());
root.Add(BackupCommand.Create(common));
root.Add(RestoreCommand.Create());
root.Add(MqttRulesCommand.Create());
root.Add(ImportCommand.Create(common));
root.Add(ExportCommand.Create(common));
root.Add(DemoCommand.Create());
return await CommandRunner.RunAsync(root, args);
