namespace TsDb.Query.Direct;

/// <summary>What a piece of a statement is.</summary>
internal enum SqlTokenKind
{
    /// <summary>Behind the last one.</summary>
    End,

    /// <summary>A word: a keyword or a name without quotes.</summary>
    Word,

    /// <summary>A name in double quotes, without them.</summary>
    Name,

    /// <summary>A text in single quotes, without them.</summary>
    Text,

    /// <summary>A number without a sign.</summary>
    Number,

    /// <summary>An operator or punctuation.</summary>
    Symbol,

    /// <summary>Something that is none of these.</summary>
    Unknown,
}
