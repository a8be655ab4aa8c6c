using FsCheck;

namespace Holdfast.Client.Guards.Tests;

internal static class FsChecks
{
    /// <summary>Checks a property that awaits; a failure is thrown, with the seed and the smallest example.</summary>
    public static Task CheckAsync(this Property property, int runs) => Task.Run(
        () => Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), property),
        TestContext.Current.CancellationToken);
}
