using Holdfast.Failover.Rounds.World;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>Rounds one after another on one installation; after a broken one the next gets a new one.</summary>
internal sealed class Campaign : IAsyncDisposable
{
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
        for (var i = 0; i < arguments.Rounds; i++)
        {
            var plan = RoundPlan.Draw(arguments.Seed + (ulong)i, arguments.Only, arguments.Mistake);
            var report = await campaign.RunAsync(plan, Console.WriteLine, CancellationToken.None);
            Console.WriteLine(report);
            summary.Add(report);
            if (report.Problems.Count > 0) return 1;
        }

        Console.WriteLine(summary);
        if (arguments.Summary is { } path) await File.AppendAllLinesAsync(path, [summary.ToRow()]);
        return 0;
    }

    /// <summary>One round.</summary>
    /// <param name="plan">What happens in it.</param>
    /// <param name="say">Takes the lines of its course.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<RoundReport> RunAsync(RoundPlan plan, Action<string> say, CancellationToken cancel)
    {
        say($"{plan}");
        try
        {
            _installation ??= await Installation.StartAsync();
            var broken = _installation.Turnstile.Broken;
            var running = new Round(_installation, plan, say).RunAsync(cancel);
            if (await Task.WhenAny(running, broken).WaitAsync(RoundPatience, cancel) == broken) await broken;
            var report = await running;
            if (report.Problems.Count > 0 && plan.Mistake == RoundMistake.None) await DisposeAsync();
            return report;
        }
        catch
        {
            // Somebody may still be stopped, and a round that was given up still goes on in it.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_installation is not { } installation) return;
        _installation = null;
        await installation.DisposeAsync();
    }
}
