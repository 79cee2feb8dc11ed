using TsDb.Adapters.Hosting;
using TsDb.Edge;

FlagParser parser = new(
    "tsdb-edge",
    "An edge node of TsDb: takes points over HTTP and MQTT, answers SQL over them, ships them to the cloud.",
    EdgeFlags.All);
return await NodeProgram.RunAsync(parser, args, values => EdgeNode.RunAsync(EdgeOptions.Read(values)));
