namespace TsDb.Adapters.Hosting;

/// <summary>The one place that says who may do what: every listener asks it before it acts.</summary>
public interface IAuthorizer
{
    /// <summary>True if the request may go on.</summary>
    bool IsAllowed(AccessRequest request);
}
