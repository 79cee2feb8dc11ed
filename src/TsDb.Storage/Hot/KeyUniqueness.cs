namespace TsDb.Storage.Hot;

/// <summary>
/// What a <see cref="KeyTracker"/> knows: does any key repeat behind the seal in hand, does any in all hot
/// rows.
/// </summary>
internal readonly record struct KeyUniqueness(bool Open, bool All);
