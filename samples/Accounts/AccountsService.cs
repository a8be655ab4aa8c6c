using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;
using Holdfast.Hosting;

namespace Holdfast.Accounts;

/// <summary>The program as part of a host; needs <c>AddHoldfastDefaults</c> and <c>AddHoldfastBus</c>.</summary>
public static class AccountsService
{
    public static void AddAccounts(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.AddHoldfastOptions<AccountsOptions>(AccountsOptions.Section, AccountsRules.Problems);
        var consensus = builder.AddHoldfastOptions<ConsensusClientOptions>(
            ConsensusClientOptions.Section, section => section.Problems());
        builder.AddHoldfastOptions<DirectoryOptions, DirectoryOptionsValidator>(DirectoryOptions.Section);
        builder.AddGrainDirectory();

        var services = builder.Services;
        services.AddSingleton(_ => new ConsensusClient(consensus));
        services.AddSingleton(provider => new LedgerClient(
            options, provider.GetRequiredService<NodeOptions>().Id.Value));
        services.AddSingleton(_ => new AccountBook(options.UnsentMax));
        services.AddSingleton<ClusterView>();
        services.AddSingleton<AccountKeeper>();
        services.AddSingleton<AccountOwner>();
        services.AddSingleton<LedgerWriter>();
        services.AddSingleton<ISnapshotSource, AccountsSnapshot>();
        services.AddSingleton<IReadinessCheck, SessionReadiness>();
        services.AddSingleton<IReadinessCheck, DirectoryCheck>();
        services.AddSingleton<IReadinessCheck, LedgerReadiness>();

        // Stopped in reverse: nothing is counted any more when the session is closed.
        services.AddHostedService(provider => provider.GetRequiredService<AccountOwner>());
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        if (options.Group is not null) services.AddHostedService<GroupDefinition>();
    }

    public static void MapAccounts(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapGet("/accounts", (ISnapshotSource snapshot) => snapshot.Snapshot());
    }
}
