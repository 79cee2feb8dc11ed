using TsDb.Model;

namespace TsDb.Integration.Tracing;

/// <summary>That a cloud node said it has a segment.</summary>
/// <param name="What">How it said so: durable, have, notice or answer to a notice.</param>
/// <param name="Hash">The segment file's hash.</param>
/// <param name="Said">The call that sent the first of it.</param>
internal sealed record StoredClaim(string What, ContentHash Hash, SystemCall Said);
