using Holdfast.Failover.Rounds.Rounds;

namespace Holdfast.Failover.Rounds;

/// <summary>Runs the tests, or, with the arguments of <see cref="RoundArguments"/>, rounds of whatever seeds.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => RoundArguments.AreMeant(args)
        ? Campaign.RunAsync(args)
        : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
}
