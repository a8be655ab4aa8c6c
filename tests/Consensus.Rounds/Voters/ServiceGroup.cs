using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Holdfast.Client;
using Holdfast.Contracts.Http;

namespace Holdfast.Consensus.Rounds.Voters;

/// <summary>Voters of services/Consensus, over HTTP, without a broker.</summary>
internal sealed class ServiceGroup : VoterGroup
{
    private readonly string _program =
        ProgramOf("services/Consensus/Consensus.Service", "Consensus.Service");
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly string _secret;
    private readonly string _token;
    private readonly int _founders;
    private readonly int _snapshotEntries;

    /// <param name="places">Where the voters are.</param>
    /// <param name="founders">So many of the first voters found the group; later ones join it.</param>
    /// <param name="snapshotEntries">After so many entries of the log a voter takes a snapshot.</param>
    public ServiceGroup(VoterPlaces places, int founders, int snapshotEntries)
        : base(places)
    {
        (_founders, _snapshotEntries) = (founders, snapshotEntries);
        (_secret, _token) = (Path.Combine(Folder, "secret"), Path.Combine(Folder, "token"));
        File.WriteAllText(_secret, "a secret of the voters of one round");
        File.WriteAllText(_token, "a-token-of-the-clients-of-one-round");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(_token));
    }

    public override string Name => "holdfast";

    /// <summary>A client that knows all voters there are now.</summary>
    public ConsensusClient NewClient(TimeSpan deadline) => new(new ConsensusClientOptions
    {
        Endpoints = [.. Voters.Select(voter => voter.HttpAddress)],
        TokenFile = _token,
        Deadline = deadline,
        AttemptDeadline = TimeSpan.FromSeconds(1),
    });

    /// <summary>One change of members at one voter; its answer, whatever it is.</summary>
    public Task<HttpResponseMessage> ChangeMembersAsync(Voter at, MembersRequest change, CancellationToken cancel) =>
        _http.PostAsJsonAsync($"{at.HttpAddress}{ConsensusRoutes.Members}", change, cancel);

    public Task<ConsensusStatus?> StatusAsync(Voter voter, CancellationToken cancel) =>
        _http.GetFromJsonAsync<ConsensusStatus>($"{voter.HttpAddress}{ConsensusRoutes.Status}", cancel);

    /// <summary>How an operator names it to the group.</summary>
    public static MemberRequest MemberOf(Voter voter) => new()
    {
        Node = voter.Name,
        Domain = DomainOf(voter),
        RaftAddress = voter.Raft.ToString(),
        HttpAddress = voter.HttpAddress,
    };

    protected override ProcessStartInfo Launch(Voter voter)
    {
        var start = new ProcessStartInfo("dotnet", [_program]);
        void Set(string key, string value) =>
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["ASPNETCORE_URLS"] = voter.HttpAddress;
        Set("Logging:Console:FormatterName", "simple");
        Set("Logging:Console:FormatterOptions:TimestampFormat", "HH:mm:ss.fff ");
        Set("Node:Id", voter.Name);
        Set("Node:Cluster", "rounds");
        Set("Auth:TokenFile", _token);
        Set("Bus:Transport", "memory");
        Set("Consensus:Listen", voter.Raft.ToString());
        Set("Consensus:DataDirectory", voter.Disk.Data);
        Set("Consensus:SecretFile", _secret);
        Set("Consensus:SnapshotEntries", $"{_snapshotEntries}");
        var voters = Voters.Take(_founders).ToList();
        if (voter.Number >= _founders)
        {
            Set("Consensus:Join", "true");
            voters.Add(voter);
        }

        for (var i = 0; i < voters.Count; i++)
        {
            Set($"Consensus:Voters:{i}:Node", voters[i].Name);
            Set($"Consensus:Voters:{i}:Domain", DomainOf(voters[i]));
            Set($"Consensus:Voters:{i}:RaftAddress", voters[i].Raft.ToString());
            Set($"Consensus:Voters:{i}:HttpAddress", voters[i].HttpAddress);
        }

        return start;
    }

    protected override async Task<VoterState?> AskStateAsync(Voter voter, CancellationToken cancel) =>
        await StatusAsync(voter, cancel) is { } status
            ? new VoterState(
                status.Term, status.Role == "leader", status.Leader, status.AppliedIndex, status.LastIndex)
            : null;

    protected override void Release() => _http.Dispose();

    private static string DomainOf(Voter voter) => $"domain{voter.Number}";
}
