using Holdfast.Failover.Rounds.World;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>Rounds one after another on one installation; after a broken one the next gets a new one.</summary>
internal sealed class Campaign : IAsyncDisposable
{
    /// <summary>So many broken rounds are enough to look at.</summary>
    private const int BrokenMax = 3;

    private static readonly TimeSpan RoundPatience = TimeSpan.FromMinutes(4);

    private Installation? _installation;

    /// <summary>Runs what the command line says.</summary>
    /// <returns>The exit code: 0 when nothing was broken, 1 when something was, 2 for wrong arguments.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        RoundArguments arguments;
        try
        {
            arguments = RoundArguments.Parse(args);
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return 2;
        }

        var summary = new CampaignSummary(arguments.Seed);
        await using var campaign = new Campaign();
        for (var i = 0; i < arguments.Rounds && summary.Broken < BrokenMax; i++)
        {
            var plan = RoundPlan.Draw(arguments.Seed + (ulong)i, arguments.Only, arguments.Mistake);
            var report = await campaign.RunAsync(plan, Console.WriteLine, CancellationToken.None);
            Console.WriteLine($"{i + 1} of {arguments.Rounds}, {report}");
            summary.Add(report);
        }

        Console.WriteLine(summary);
        if (summary.Broken > 0) return 1;
        if (arguments.Summary is { } path) await File.AppendAllLinesAsync(path, [summary.ToRow()]);
        return 0;
    }

    /// <summary>One round; one that does not come to its end is a broken one.</summary>
    /// <param name="plan">What happens in it.</param>
    /// <param name="say">Takes the lines of its course.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<RoundReport> RunAsync(RoundPlan plan, Action<string> say, CancellationToken cancel)
    {
        say($"{plan}");
        _installation ??= await Installation.StartAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var round = new Round(_installation, plan, say);
        var watch = new RoundWatch(_installation.Turnstile.Broken, RoundPatience, round.ReportAsync);
        var report = await watch.ReportAsync(round.RunAsync(giveUp.Token), cancel);
        await giveUp.CancelAsync();

        // Somebody may still be stopped, and a round that was given up still goes on in it. One that found the mistake
        // that was made for it came to its end.
        var isGivenUp = report.Findings.Count > 0;
        if (report.Problems.Count > 0 && (plan.Mistake == RoundMistake.None || isGivenUp)) await DisposeAsync();
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        if (_installation is not { } installation) return;
        _installation = null;
        await installation.DisposeAsync();
    }
}
