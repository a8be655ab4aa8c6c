using Holdfast.Client;
using Holdfast.Client.Bus;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;
using Holdfast.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Holdfast.Accounts;

/// <summary>The program as part of a host; needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>.</summary>
public static class AccountsService
{
    // What the programs of a cluster that share accounts have in common.
    private const string SessionName = "accounts";

    public static void AddAccounts(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.AddHoldfastOptions<AccountsOptions>(AccountsOptions.Section, AccountsRules.Problems);
        var consensus = builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, section => section.Problems());
        builder.AddHoldfastOptions<DirectoryOptions, DirectoryOptionsValidator>(DirectoryOptions.Section);
        builder.AddGrainDirectory();

        var services = builder.Services;
        var node = builder.AddHoldfastOptions<NodeOptions>(NodeOptions.Section);
        if (builder.Configuration.GetSection(SlotHostOptions.Section).Exists())
        {
            var slots = builder.AddHoldfastOptions<SlotHostOptions>(
                SlotHostOptions.Section, section => section.Problems());
            services.AddSlotHost<BalanceReplicas>(slots, node.Cluster, node.Id);
            services.AddSlotNudges(QueueOf(node), node.Id);
        }

        services.AddSingleton(_ => new ConsensusClient(consensus));
        services.AddSingleton(provider => new LedgerClient(
            options, provider.GetRequiredService<NodeOptions>().Id.Value));
        services.AddSingleton(_ => new AccountBook(options.UnsentMax));
        services.TryAddSingleton<BalanceReplicas>();
        services.AddSingleton(provider => new Lazy<GrainKeeper>(provider.GetRequiredService<GrainKeeper>));
        services.AddSingleton<AccountOpening>();
        services.AddSingleton<LedgerWriter>();
        services.AddSingleton<ISnapshotSource, AccountsSnapshot>();
        services.AddSingleton<IReadinessCheck, SessionReadiness>();
        services.AddSingleton<IReadinessCheck, DirectoryCheck>();
        services.AddSingleton<IReadinessCheck, LedgerReadiness>();

        // Stopped in reverse: nothing is counted any more when the session is closed.
        services.AddGrainKeeper<AccountProgram>(
            new GrainKeeperOptions { Types = [AccountProgram.GrainType], ListInterval = options.ReconcileInterval },
            SessionName,
            node.Cluster,
            node.Id);
        services.AddHostedService<AccountHints>();
        services.AddHostedService(provider => provider.GetRequiredService<AccountOpening>());
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        if (options.Group is not null) services.AddHostedService<GroupDefinition>();
    }

    public static void MapAccounts(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGet("/accounts", (ISnapshotSource snapshot) => snapshot.Snapshot());
        app.MapPost("/accounts", async (OpenRequest request, AccountOpening opening, CancellationToken cancel) =>
            request.Problem() is { } problem ? Problem.Invalid(problem)
            : await opening.OpenAsync(request.Accounts, cancel) is { } opened
                ? Results.Ok(new OpenAnswer([.. opened.Select(account => account.ToString())]))
                : Problem.Answer(
                    StatusCodes.Status503ServiceUnavailable,
                    ProblemCodes.NoQuorum,
                    "Nothing can be claimed now, as /readyz and the log tell; ask again."));
    }

    /// <summary>The name of a node's program on the bus.</summary>
    internal static string QueueOf(NodeOptions self) => $"users.accounts.{self.Id}";
}
