using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Events;

/// <summary>
/// The steps of a transfer: ask for a batch, wait until the giver owns so much less, ask for the next. Every program of
/// the giver gives its share of a batch, so that more than was asked for may arrive.
/// </summary>
internal sealed class TransferSteps(
    ICommandBus bus, OwnerCounts counts, TimeProvider time, ILogger<TransferSteps> logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(TransferRun run, FailoverOptions options, CancellationToken cancel)
    {
        try
        {
            while (Wanted(run) is var wanted and > 0)
            {
                var asked = (int)Math.Min(run.Request.BatchMax ?? options.TransferBatch, wanted);
                var answer = await AskAsync(run, asked, cancel);
                run.Answer = run.Answer with { Batches = run.Answer.Batches + 1, Detail = DetailOf(answer) };

                // Every program of the giver is asked, and the first word counts: while one refuses, others may give.
                if (!await ArrivesAsync(run, run.Answer.Remaining - asked, options.TransferPatience, cancel))
                {
                    run.Answer = run.Answer with { State = EndOf(run, answer) };
                    return;
                }
            }

            run.Answer = run.Answer with { State = "completed" };
        }
        catch (Exception away) when (away is BusUnavailableException or DirectoryUnavailableException)
        {
            run.Answer = run.Answer with { State = "stalled", Detail = away.Message };
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            run.Answer = run.Answer with { State = "stalled", Detail = "The Failover that asked was stopped." };
        }
        catch (Exception error)
        {
            // Whatever it was: one that is not under way must not hold up the next.
            Log.TransferFailed(logger, run.Answer.Id, error);
            run.Answer = run.Answer with
            {
                State = "stalled",
                Detail = $"It ended by an error, which the log has: {error.Message}",
            };
        }
    }

    private static long Wanted(TransferRun run) => run.Request.GrainsMax is { } most
        ? Math.Min(most - run.Answer.Transferred, run.Answer.Remaining)
        : run.Answer.Remaining;

    // Nothing came of the last batch. Of one type nobody counts what is left, so it is taken for all there was.
    private static string EndOf(TransferRun run, ICommandAnswer answer) =>
        answer is CommandRefused ? "refused"
        : run.Request.GrainType is not null && run.Answer.Transferred > 0 ? "completed"
        : "stalled";

    private static string? DetailOf(ICommandAnswer answer) => answer switch
    {
        CommandAccepted accepted => accepted.Detail,
        CommandRefused refused => $"{refused.Code}: {refused.Detail} {refused.Legal}",
        _ => null,
    };

    private Task<ICommandAnswer> AskAsync(TransferRun run, int grains, CancellationToken cancel) => bus.SendAsync(
        new OfferTransfer
        {
            CommandId = Guid.NewGuid(),
            FromCluster = run.Request.From,
            ToCluster = run.Request.To,
            GrainType = run.Request.GrainType,
            GrainsMax = grains,
        },
        cancel);

    /// <summary>Whether the giver came to own so little, or at least less within the patience.</summary>
    private async Task<bool> ArrivesAsync(TransferRun run, long wanted, TimeSpan patience, CancellationToken cancel)
    {
        var from = new ClusterId(run.Request.From);
        var (before, lastProgress) = (run.Answer.Remaining, time.GetTimestamp());
        while (true)
        {
            var remaining = (await counts.OfAsync([from], cancel))[from];
            if (remaining < run.Answer.Remaining) lastProgress = time.GetTimestamp();
            run.Answer = run.Answer with
            {
                Remaining = remaining,
                Transferred = Math.Max(run.Answer.Transferred, run.Owned - remaining),
            };
            if (remaining <= wanted) return true;
            if (time.GetElapsedTime(lastProgress) >= patience) return remaining < before;
            await Task.Delay(LookInterval, time, cancel);
        }
    }
}
