using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Accounts;

/// <summary>
/// Asks Recovery once for the group that is configured, again and again until somebody answers. Every program of the
/// cluster may ask: a group that is defined already in the same words is defined.
/// </summary>
internal sealed class GroupDefinition(
    ICommandBus commands, AccountsOptions options, NodeOptions self, ILogger<GroupDefinition> logger)
    : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var group = options.Group!;
        var command = new DefineGroup
        {
            CommandId = Guid.NewGuid(),
            Group = group.Name,
            Kind = group.Kind,
            ClusterId = self.Cluster.Value,
            Slots = group.Slots,
            PerNodeMax = group.PerNodeMax,
        };
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var answer = await commands.SendAsync(command, stoppingToken);
                if (answer is CommandRefused no) Log.GroupRefused(logger, group.Name, no.Code, no.Detail);
                else Log.GroupDefined(logger, group.Name, group.Slots);
                return;
            }
            catch (BusUnavailableException unanswered)
            {
                Log.GroupUnanswered(logger, group.Name, unanswered.Message);
            }

            await Task.Delay(PauseAfterFailure, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
