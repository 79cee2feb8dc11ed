namespace TsDb.Columnar.Transfer;

/// <summary>What a value is expected to be. The numbers are part of the wire format.</summary>
internal enum PredictionKind
{
    /// <summary>The value before it in its series; of the first one, the last of the reference.</summary>
    Same = 0,

    /// <summary>The median of all.</summary>
    Center = 1,

    /// <summary>As far from the value before it as that from the one before.</summary>
    Line = 2,
}
