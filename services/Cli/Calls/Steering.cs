using Holdfast.Cli.Settings;

namespace Holdfast.Cli.Calls;

/// <summary>
/// Changes through a Failover: the first that can be reached is asked, and another only while it is certain that
/// nothing was sent.
/// </summary>
internal static class Steering
{
    /// <exception cref="ToolFailureException">Nobody could be reached, or it was refused.</exception>
    public static async Task<(Uri At, T Answer)> PostAsync<T>(
        ToolRun run, string path, object body, CancellationToken cancel)
        where T : class
    {
        if (run.Settings.Failover.Count == 0) throw ToolRun.Missing("Failover", SettingKey.Failover);
        var failures = new List<string>();
        foreach (var failover in run.Settings.Failover)
        {
            switch (await run.Caller.PostAsync<T>(failover, path, body, cancel))
            {
                case Reply<T>.Answered answered:
                    return (failover, answered.Answer);
                case Reply<T>.Refused { Problem: { Status: >= 500 } problem }:
                    throw new ToolFailureException(
                        ExitCode.Failed,
                        problem.Code,
                        $"{failover.Authority} answers {problem.Code}: {problem.Detail}");
                case Reply<T>.Refused { Problem: var problem }:
                    throw new ToolFailureException(
                        ExitCode.Refused, problem.Code, $"Refused ({problem.Code}): {problem.Detail}");
                case Reply<T>.Unreachable { WasSent: true } lost:
                    throw new ToolFailureException(
                        ExitCode.Failed,
                        "resultUnknown",
                        $"It may or may not have been carried out: {failover.Authority} was asked, then {lost.Why}.");
                case Reply<T>.Unreachable away:
                    failures.Add($"{failover.Authority}: {away.Why}");
                    break;
            }
        }

        throw ToolFailureException.Unreachable(
            $"No Failover could be asked, and nothing was changed: {string.Join("; ", failures)}.");
    }
}
