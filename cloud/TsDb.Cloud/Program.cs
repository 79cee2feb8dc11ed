using TsDb.Adapters.Hosting;
using TsDb.Cloud;

FlagParser parser = new(
    "tsdb-cloud",
    "A cloud node of TsDb: keeps replicas of what edges ship and answers questions about the whole fleet.",
    CloudFlags.All);
return await NodeProgram.RunAsync(parser, args, values => CloudNode.RunAsync(CloudOptions.Read(values)));
