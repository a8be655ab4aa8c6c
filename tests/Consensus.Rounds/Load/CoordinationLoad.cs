using Holdfast.Client;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Voters;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Rounds.Load;

/// <summary>
/// Clients of Consensus that open sessions, win elections, advance tokens, resign, and write definitions, each once,
/// through the client that users have.
/// </summary>
internal sealed class CoordinationLoad(ServiceGroup group, LoadFigures figures) : ILoad
{
    private const int Elections = 2;
    private const int DefinitionsMax = 700;
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan CheckDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly TokenLedger _ledger = new();
    private readonly List<Task> _clients = [];
    private int _definition;
    private int _acknowledged;

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public void Start()
    {
        for (var i = 0; i < figures.Clients; i++)
        {
            var client = i;
            _clients.Add(Task.Run(() => WorkAsync(client)));
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async Task<LoadFindings> CheckAsync(CancellationToken cancel)
    {
        using var client = group.NewClient(CheckDeadline);
        var problems = new List<string>(_ledger.Problems());
        var lost = 0;
        foreach (var (key, json) in _ledger.Definitions)
        {
            if (await client.DefinitionAsync(key, cancel) is { } found && found.Value == json) continue;
            lost++;
            problems.Add($"The definition {key} was acknowledged and is not there.");
        }

        for (var i = 0; i < Elections; i++)
        {
            if (_ledger.Highest(NameOf(i)) is not { } highest) continue;
            var now = await client.ElectionAsync(new ElectionName(NameOf(i)), cancel);
            if (now?.Token is { } token && Token.Parse(token) >= highest.Token) continue;
            lost++;
            problems.Add($"{NameOf(i)} has the token {now?.Token}, and {highest.Token} was acknowledged.");
        }

        foreach (var grant in _ledger.Newest(50))
        {
            var named = await client.TokenAsync(grant.Token, cancel);
            if (named?.Session == grant.Session) continue;
            lost++;
            problems.Add($"The token {grant.Token} named {grant.Session} and now {named?.Session ?? "nobody"}.");
        }

        return new LoadFindings(Acknowledged, lost, problems);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static string NameOf(int election) => $"rounds/{election}";

    private async Task WorkAsync(int number)
    {
        var random = new Random(HashCode.Combine(figures.Seed, number));
        using var client = group.NewClient(CallDeadline);
        using var pace = new PeriodicTimer(figures.Pace);
        string? session = null;
        try
        {
            while (await pace.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    session ??= await OpenAsync(client, number);
                    session = await ActAsync(client, session, random);
                }
                catch (ConsensusUnavailableException)
                {
                    // Nobody knows whether it was done; nothing is claimed of it.
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped, between two calls or in one.
        }
    }

    private async Task<string> OpenAsync(ConsensusClient client, int number)
    {
        var calledAt = BootClock.Instance.Now();
        var opened = (await client.OpenSessionAsync(
            new OpenSessionRequest { Cluster = "rounds", Ttl = Ttl, Name = $"client {number}" }, _stop.Token)).Demand();
        Minted(new Grant("session", opened.Session, Token.Parse(opened.Token), calledAt, BootClock.Instance.Now()));
        return opened.Session;
    }

    /// <returns>The session to go on with; null for a new one.</returns>
    private async Task<string?> ActAsync(ConsensusClient client, string session, Random random)
    {
        var id = SessionId.Parse(session);
        var election = NameOf(random.Next(Elections));
        switch (random.Next(10))
        {
            case < 3 when Volatile.Read(ref _definition) < DefinitionsMax:
                await DefineAsync(client);
                return session;
            case < 6:
                return await GrantAsync(
                    session, election, () => client.CampaignAsync(new ElectionName(election), id, _stop.Token));
            case < 8:
                return await GrantAsync(
                    session, election, () => client.AdvanceElectionAsync(new ElectionName(election), id, _stop.Token));
            case 8:
                await client.ResignAsync(new ElectionName(election), id, _stop.Token);
                return session;
            default:
                return (await client.KeepAliveAsync(id, _stop.Token)).Refusal is { IsSessionOver: true }
                    ? null
                    : session;
        }
    }

    private async Task<string?> GrantAsync(
        string session, string election, Func<Task<ConsensusOutcome<ElectionAnswer>>> call)
    {
        var calledAt = BootClock.Instance.Now();
        if (!(await call()).TryGet(out var answer, out var refusal)) return refusal.IsSessionOver ? null : session;
        if (answer.Holder != session || answer.Token is not { } token) return session;
        Minted(new Grant(election, session, Token.Parse(token), calledAt, BootClock.Instance.Now()));
        return session;
    }

    private async Task DefineAsync(ConsensusClient client)
    {
        var number = Interlocked.Increment(ref _definition);
        var (key, json) = ($"definitions/{number}", $$"""{"number":{{number}}}""");
        var calledAt = BootClock.Instance.Now();
        var written = (await client.PutDefinitionAsync(key, json, _stop.Token)).Demand();
        _ledger.Defined(key, json);
        Minted(new Grant(key, "", Token.Parse(written.Token), calledAt, BootClock.Instance.Now()));
    }

    private void Minted(Grant grant)
    {
        _ledger.Minted(grant);
        Interlocked.Increment(ref _acknowledged);
    }
}
