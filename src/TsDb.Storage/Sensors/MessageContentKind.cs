namespace TsDb.Storage.Sensors;

/// <summary>What a message holds.</summary>
public enum MessageContentKind
{
    /// <summary>Nothing that is to be stored.</summary>
    Nothing,

    /// <summary>Something that can never be stored.</summary>
    Refused,

    /// <summary>Points that were read already.</summary>
    Points,

    /// <summary>Line protocol, to be read when it is stored.</summary>
    Lines,
}
