namespace TsDb.Query.Direct;

/// <summary>One key of ORDER BY: a name, or the place in the select list from 1 on.</summary>
internal sealed record DirectOrder(DirectName? Name, int Place, bool IsDescending);
