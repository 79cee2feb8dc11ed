using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>Reads listening addresses and keeps them on loopback unless the operator said
/// otherwise.</summary>
public static class Listener
{
    /// <summary>
    /// The address of a flag; null for <c>off</c>. Throws <see cref="ErrorKind.Invalid"/> for an address that
    /// other
    /// machines can reach, unless <paramref name="insecureBind"/>.
    /// </summary>
    public static ListenAddress? Require(FlagValues values, string flag, bool insecureBind)
    {
        ListenAddress? address = values.Listen(flag);
        return address is null || address.IsLoopback || insecureBind
            ? address
            : throw new TsDbException(
                ErrorKind.Invalid,
                $"--{flag} {address} can be reached from other machines, and there is no TLS and no token: "
                + "bind to loopback, or say --insecure-bind if the network is trusted");
    }
}
