using System.Diagnostics;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Sandboxes;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>Rounds one after another, each in a process and a sandbox of its own.</summary>
internal static class Campaign
{
    private static readonly TimeSpan RoundPatience = TimeSpan.FromMinutes(4);

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var arguments = RoundArguments.Parse(args);
            return arguments.Inside is { } sandbox
                ? await RunInsideAsync(arguments, sandbox)
                : await RunAllAsync(arguments);
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }
    }

    /// <summary>One round, in a process of its own.</summary>
    /// <param name="seed">Which.</param>
    /// <param name="story">What happens in it.</param>
    /// <param name="say">Takes the lines of its course.</param>
    /// <param name="cancel">Ends it, and all that it started.</param>
    public static async Task<RoundReport> RunAsync(
        ulong seed, RoundStory story, Action<string> say, CancellationToken cancel)
    {
        var plan = RoundPlan.Draw(seed, story);
        var (sandbox, whyNot) = await Sandbox.FindAsync(cancel);
        if (plan.WhyNot(sandbox, whyNot) is { } reason)
            return new RoundReport { Seed = seed, Fault = plan.Name, Skipped = reason };

        using var round = Process.Start(
            Sandbox.Start(sandbox, ["--inside", $"{sandbox}", "--first", $"{seed}", "--story", $"{story}"]))!;
        RoundReport? report = null;
        void Take(string? line)
        {
            if (line is null) return;
            if (RoundReport.TryRead(line) is { } last) report = last;
            else say(line);
        }

        round.OutputDataReceived += (_, line) => Take(line.Data);
        round.ErrorDataReceived += (_, line) => Take(line.Data);
        round.BeginOutputReadLine();
        round.BeginErrorReadLine();
        try
        {
            await round.WaitForExitAsync(cancel).WaitAsync(RoundPatience, cancel);
        }
        finally
        {
            // Without its standard input it ends, and everything in the sandbox with it.
            round.StandardInput.Close();
            await round.WaitForExitAsync(CancellationToken.None);
        }

        return report ?? throw new RoundBrokenException($"The round of seed {seed} said nothing.");
    }

    private static async Task<int> RunAllAsync(RoundArguments arguments)
    {
        var summary = new CampaignSummary(arguments.First);
        for (var i = 0; i < arguments.Rounds; i++)
        {
            var report = await RunAsync(
                arguments.First + (ulong)i, arguments.Story, Console.WriteLine, CancellationToken.None);
            Console.WriteLine(report);
            summary.Add(report);
            if (report.Problems.Count > 0) return 1;
        }

        Console.WriteLine(summary);
        if (arguments.Summary is { } path) await File.AppendAllLinesAsync(path, [summary.ToRow()]);
        return 0;
    }

    private static async Task<int> RunInsideAsync(RoundArguments arguments, SandboxKind sandbox)
    {
        using var cancel = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            // Whoever started this is gone, or wants it to end.
            while (await Console.In.ReadLineAsync() is not null) { }
            await cancel.CancelAsync();
        });
        var plan = RoundPlan.Draw(arguments.First, arguments.Story);
        Console.WriteLine(plan);
        RoundReport report;
        try
        {
            report = await new Round(plan, sandbox, Console.WriteLine).RunAsync(cancel.Token);
        }
        catch (Exception broken) when (broken is RoundBrokenException or TimeoutException)
        {
            report = new RoundReport
            {
                Seed = plan.Seed,
                Fault = plan.Name,
                Problems = [broken.Message],
            };
        }

        Console.WriteLine(report.ToLine());
        return report.IsWell ? 0 : 1;
    }
}
