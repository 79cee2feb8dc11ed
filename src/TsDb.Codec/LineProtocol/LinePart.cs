namespace TsDb.Codec.LineProtocol;

/// <summary>The parts of a line, each with its own escapes.</summary>
public enum LinePart
{
    /// <summary>The measurement.</summary>
    Table,

    /// <summary>The name of a tag.</summary>
    TagName,

    /// <summary>The value of a tag.</summary>
    TagValue,

    /// <summary>The name of a field.</summary>
    FieldName,

    /// <summary>The value of a text field, without the quotes around it.</summary>
    FieldText,
}
