namespace TsDb.Query.Functions;

/// <summary>What can be asked of a <see cref="Curve"/>.</summary>
public enum CurveQuestion
{
    /// <summary>Last value less the first.</summary>
    Delta = 1,

    /// <summary>The same a second.</summary>
    Derivative = 2,

    /// <summary>What a counter has counted: falls are restarts at zero.</summary>
    Increase = 3,

    /// <summary>The same a second.</summary>
    Rate = 4,

    /// <summary>The area below straight lines between points, in value times seconds.</summary>
    Integral = 5,

    /// <summary>The average of straight lines between points.</summary>
    LinearAverage = 6,

    /// <summary>The average if every value holds until the next.</summary>
    StepAverage = 7,
}
