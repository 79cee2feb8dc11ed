namespace TsDb.Simulation.Link;

/// <summary>What a client is to the broker while it is connected.</summary>
/// <param name="Filters">Topic filters; '+' stands for one level.</param>
/// <param name="Deliver">Takes a message.</param>
/// <param name="Will">Published, retained, when the connection breaks; null for none.</param>
public sealed record Session(
    IReadOnlyList<string> Filters, Action<string, byte[]> Deliver, (string Topic, byte[] Payload)? Will);
