namespace Holdfast.Failover.Service.Tests.World;

/// <summary>Ends one thing after another, also after one that could not be ended well.</summary>
internal static class Endings
{
    /// <exception cref="AggregateException">What went wrong, after all of them.</exception>
    public static async ValueTask AllAsync(params IReadOnlyList<Func<ValueTask>> endings)
    {
        var problems = new List<Exception>();
        foreach (var end in endings)
        {
            try
            {
                await end();
            }
            catch (Exception problem)
            {
                problems.Add(problem);
            }
        }

        if (problems.Count > 0) throw new AggregateException(problems);
    }
}
