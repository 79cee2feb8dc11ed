namespace TsDb.Adapters.Http.Statements;

/// <summary>What a statement asks for.</summary>
internal enum StatementKind
{
    /// <summary>Something that is not answered here; the statement says why.</summary>
    NotUnderstood,

    /// <summary>CREATE DATABASE name.</summary>
    CreateDatabase,

    /// <summary>SHOW DATABASES.</summary>
    ShowDatabases,

    /// <summary>SHOW MEASUREMENTS.</summary>
    ShowMeasurements,

    /// <summary>SHOW RETENTION POLICIES.</summary>
    ShowRetentionPolicies,

    /// <summary>SHOW TAG KEYS.</summary>
    ShowTagKeys,

    /// <summary>SHOW FIELD KEYS.</summary>
    ShowFieldKeys,

    /// <summary>SHOW DIAGNOSTICS.</summary>
    ShowDiagnostics,

    /// <summary>SHOW USERS.</summary>
    ShowUsers,
}
