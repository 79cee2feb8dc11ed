namespace TsDb.Columnar.Transfer;

/// <summary>
/// One walk over the values serves both directions: a coder that writes takes what it is given and returns
/// it, one that reads ignores what it is given and returns what was written.
/// </summary>
internal interface IBitCoder
{
    /// <summary>A bit whose chance is known.</summary>
    int Bit(int bit, ref BitModel model);

    /// <summary>Bits of which nothing is known, the lowest <paramref name="count"/> of a word.</summary>
    ulong Direct(ulong bits, int count);
}
