using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Holdfast.Consensus.Rounds.Checks;
using Holdfast.Consensus.Rounds.Sandboxes;
using Holdfast.Servers;

namespace Holdfast.Consensus.Rounds.Voters;

/// <summary>Where the voters of a round are.</summary>
internal sealed record VoterPlaces(string Folder, SandboxKind Sandbox, VoterNetwork? Network);

/// <summary>Voters of one program, each a process with an address and a disk of its own.</summary>
internal abstract class VoterGroup(VoterPlaces places) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);

    private readonly List<Voter> _voters = [];

    public IReadOnlyList<Voter> Voters => _voters;

    public LeaderTerms Leaders { get; } = new();

    public VoterNetwork? Network => places.Network;

    protected string Folder => places.Folder;

    /// <summary>The group's name in the log of a voter, by which its data directory is marked.</summary>
    public abstract string Name { get; }

    /// <summary>Makes room for one more voter; it does not start.</summary>
    public async Task<Voter> AddAsync(CancellationToken cancel)
    {
        var number = _voters.Count;
        var address = IPAddress.Parse(Network is null ? "127.0.0.1" : VoterNetwork.AddressOf(number));
        var name = $"v{number + 1}";
        var disk = await VoterDisk.SetUpAsync(places.Sandbox, Path.Combine(Folder, name), cancel);
        var (raft, clients) = Network is null ? (FreePort.Next(), FreePort.Next()) : (7001, 7002);
        _voters.Add(new Voter(
            number, name, new IPEndPoint(address, raft), new IPEndPoint(address, clients), disk));
        return _voters[^1];
    }

    /// <summary>On the data it has; a life that ended is forgotten.</summary>
    public async Task StartAsync(Voter voter)
    {
        if (voter.Process is { } ended) await ended.DisposeAsync();
        var start = Launch(voter);

        // A killed process would leave its sockets for debuggers behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        if (Network is not null)
        {
            var (program, before) = VoterNetwork.Within(voter.Number, start.FileName);
            var within = new ProcessStartInfo(program, [.. before, .. start.ArgumentList]);
            foreach (var (key, value) in start.Environment) within.Environment[key] = value;
            start = within;
        }

        voter.Process = new VoterProcess(start, Leaders.Read);
    }

    /// <summary>All that are down.</summary>
    public async Task StartAllAsync()
    {
        foreach (var voter in Voters)
        {
            if (!voter.IsUp) await StartAsync(voter);
        }
    }

    public static async Task KillAsync(IEnumerable<Voter> voters, CancellationToken cancel) =>
        await Task.WhenAll(voters.Where(voter => voter.IsUp).Select(voter => voter.Process!.KillAsync(cancel)));

    /// <summary>What it says of itself now; null while it does not answer.</summary>
    public async Task<VoterState?> StateAsync(Voter voter, CancellationToken cancel)
    {
        if (!voter.IsUp) return null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            var state = await AskStateAsync(voter, patience.Token);
            if (state is { Leads: true }) Leaders.Saw(state.Term, voter.Name);
            return state;
        }
        catch (Exception silent) when (silent is SocketException or IOException or HttpRequestException ||
            (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The voter that leads by its own word, in the highest term.</summary>
    public async Task<Voter> LeaderAsync(CancellationToken cancel)
    {
        Voter? leader = null;
        await Lasting.UntilAsync(
            () => $"a leader.{Said()}",
            ReadyPatience,
            async asking =>
            {
                var states = await Task.WhenAll(Voters.Select(voter => StateAsync(voter, asking)));
                var best = states.Where(state => state is { Leads: true }).MaxBy(state => state!.Term);
                leader = best is null ? null : Voters[Array.IndexOf(states, best)];
                return leader is not null;
            },
            cancel);
        return leader!;
    }

    /// <summary>These are up, follow one leader, and have applied as much as that.</summary>
    public Task AgreeAsync(IReadOnlyList<Voter> serving, CancellationToken cancel) => Lasting.UntilAsync(
        () => $"all voters follow one leader and have applied what it has.{Said()}",
        ReadyPatience,
        async asking =>
        {
            var states = await Task.WhenAll(serving.Select(voter => StateAsync(voter, asking)));
            return states.All(state => state?.Leader is not null) &&
                states.Select(state => (state!.Term, state.Leader)).Distinct().Count() == 1 &&
                states.Max(state => state!.Applied) - states.Min(state => state!.Applied) < 100;
        },
        cancel);

    /// <summary>SIGTERM to all; each must end well.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        foreach (var voter in Voters) voter.Process?.Terminate();
        foreach (var voter in Voters)
        {
            if (voter.Process is not { } process) continue;
            await process.ExitAsync(cancel);
            if (process.ExitCode != 0)
                throw new RoundBrokenException($"{voter.Name} was to end and did with {process.ExitCode}.{Said()}");
        }
    }

    public string Said() => string.Concat(Voters.Select(voter =>
        $"\n  {voter.Name}{(voter.IsUp ? "" : ", which is down")}:\n{voter.Process?.Said}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var voter in Voters)
            if (voter.Process is { } process) await process.DisposeAsync();
        Release();
    }

    protected abstract ProcessStartInfo Launch(Voter voter);

    protected abstract Task<VoterState?> AskStateAsync(Voter voter, CancellationToken cancel);

    protected virtual void Release()
    {
    }

    /// <summary>Tests and programs stand alike in <c>bin/(configuration)/(framework)</c> of their projects.</summary>
    protected static string ProgramOf(string project, string assembly)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, project, "bin", configuration.Name, framework.Name, $"Holdfast.{assembly}.dll");
    }
}
