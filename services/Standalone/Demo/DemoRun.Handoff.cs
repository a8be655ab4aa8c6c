using System.Globalization;
using Holdfast.Hosting;
using Holdfast.Standalone.Demo.Load;
using Holdfast.Standalone.Nodes;

namespace Holdfast.Standalone.Demo;

/// <summary>The daemon: handed from one build to the next while clients read and write.</summary>
internal sealed partial class DemoRun
{
    // Long enough to have met every client in both builds.
    private const int RequestsBefore = 200;
    private const int RequestsAfter = 200;

    /// <returns>How many requests failed, and the longest that one waited.</returns>
    private async Task<(long Failed, TimeSpan Pause)> ProveHandedOverAsync(CancellationToken cancel)
    {
        using var daemon = new Daemon(_system);
        _narrator.Chapter(
            "The new build",
            "On west-1 a supervisor keeps a daemon that counts into a file. It is handed to a new build while " +
            "clients read and write, over connections that they keep and over new ones: the listener stays open, " +
            "the old process finishes what it began and seals the file, and the new one goes on from there under a " +
            "higher epoch.");
        var before = await ServingAsync(daemon, cancel);
        await using var load = new CounterLoad(daemon.Address);
        await AnsweredAsync(load, RequestsBefore, cancel);
        var usual = load.Take();
        _narrator.Step(
            $"build {before.Build} (pid {before.Pid}) serves; the longest wait of {usual.Requests} requests was " +
            $"{Ms(usual.LongestWait)} ms");

        before = await daemon.SeeAsync(cancel) with { Value = before.Value };
        await daemon.RequestHandoffAsync(cancel);
        var after = await TakenOverAsync(daemon, before, load, cancel);
        var pause = load.Take().LongestWait;
        _narrator.Proven(
            Proof.HandedOver,
            $"build {after.Build}, pid {after.Pid}, epoch {after.Epoch}; no request waited longer than {Ms(pause)} ms");

        await AnsweredAsync(load, load.Count.Requests + RequestsAfter, cancel);
        await load.StopAsync();
        var total = load.Take();
        ProveNoneFailed(total);
        ProveEndWasPlanned();
        await ProveNothingLostAsync(daemon, before, total, cancel);
        return (total.Failed, pause);
    }

    private async Task<CounterSeen> ServingAsync(Daemon daemon, CancellationToken cancel)
    {
        CounterSeen? seen = null;
        await ProveAsync(Proof.HandedOver, async late =>
        {
            seen = await daemon.SeeAsync(late);
            var watched = await daemon.WatchedAsync(late);
            return (watched == seen.Pid, $"The agent watches the process {watched}, and {seen.Pid} serves.");
        }, cancel);
        return seen!;
    }

    private async Task AnsweredAsync(CounterLoad load, long requests, CancellationToken cancel) =>
        await ProveAsync(Proof.NoRequestFailed, _ =>
        {
            var sent = load.Count.Requests;
            return Task.FromResult((sent >= requests, $"Of {requests} requests {sent} came to an end."));
        }, cancel);

    /// <summary>Waits until the new build serves, everybody was told, and the agent watches its process.</summary>
    private async Task<CounterSeen> TakenOverAsync(
        Daemon daemon, CounterSeen before, CounterLoad load, CancellationToken cancel)
    {
        var after = before;
        await ProveAsync(Proof.HandedOver, async late =>
        {
            if (_watch.Daemon.Aborted is { } aborted)
            {
                var report = load.Count;
                throw new ProofFailedException(
                    Proof.HandedOver,
                    $"The handoff was aborted at {aborted.Step}: {aborted.Reason}. Build {before.Build} serves on: " +
                    $"of {report.Requests} requests {report.Failed} failed.");
            }

            after = await daemon.SeeAsync(late);
            if (after.Build != daemon.NextBuild || after.Pid == before.Pid)
                return (false, $"Build {after.Build} (pid {after.Pid}) serves.");
            if (string.CompareOrdinal(after.Epoch, before.Epoch) <= 0)
                return (false, $"It writes under {after.Epoch}, which is no higher than {before.Epoch}.");
            if (_watch.Daemon.Committed is not { } committed) return (false, "Nobody heard HandoffCommitted.");
            if (committed.SuccessorPid != after.Pid)
                return (false, $"The process {committed.SuccessorPid} was announced, and {after.Pid} serves.");
            if (LocalProcess.Find(before.Pid) is not null)
                return (false, $"The process {before.Pid} of build {before.Build} has not ended.");
            var watched = await daemon.WatchedAsync(late);
            return (watched == after.Pid, $"The agent watches the process {watched}, and {after.Pid} serves.");
        }, cancel);
        return after;
    }

    /// <summary>Asked some hundred requests after the old process ended, so that a late announcement counts.</summary>
    private void ProveEndWasPlanned()
    {
        if (_watch.Daemon.Down is { } down)
        {
            throw new ProofFailedException(
                Proof.HandedOver, $"The planned end of the process {down.Pid} was announced as a death.");
        }
    }

    private void ProveNoneFailed(LoadReport total)
    {
        if (total.Failed > 0)
        {
            throw new ProofFailedException(
                Proof.NoRequestFailed, $"{total.Failed} of {total.Requests} failed, first {total.FirstFailure}");
        }

        _narrator.Proven(
            Proof.NoRequestFailed,
            string.Create(CultureInfo.InvariantCulture, $"{total.Requests:n0} requests, 0 failed"));
    }

    private async Task ProveNothingLostAsync(
        Daemon daemon, CounterSeen before, LoadReport total, CancellationToken cancel)
    {
        CounterSeen? end = null;
        await ProveAsync(Proof.NothingLost, async late =>
        {
            end = await daemon.SeeAsync(late);
            var counted = end.Value - before.Value;
            return (
                counted == total.Acknowledged,
                $"{total.Acknowledged} increments were acknowledged, and {counted} are in the file.");
        }, cancel);
        _narrator.Proven(
            Proof.NothingLost,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{total.Acknowledged:n0} acknowledged increments, {DaemonSettings.Name} at {end!.Value:n0}"));
    }
}
