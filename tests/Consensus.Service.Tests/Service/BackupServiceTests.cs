using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Client;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Http;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Holdfast.Primitives;
using Microsoft.Extensions.Configuration;

namespace Holdfast.Consensus.Service.Tests.Service;

/// <summary>A group that loses all its voters, and begins a new life from its backup.</summary>
public sealed class BackupServiceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ElectionName Known = new("failover/east");
    private static readonly ElectionName Later = new("failover/west");

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.backup");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task No_token_repeats_after_a_restore_and_what_was_granted_runs_out_first()
    {
        await using var group = await ConsensusGroup.StartAsync(3);
        await PutAsync(group, "definition", "\"kept\"");
        var before = await OpenAsync(group);
        var held = (await group.Client.CampaignAsync(Known, before, None)).Demand();
        await SaveBackupAsync(group);

        // After the backup: tokens, a session, an election and a definition that it does not know.
        var after = await OpenAsync(group);
        var unknown = (await group.Client.CampaignAsync(Later, after, None)).Demand();
        await PutAsync(group, "definition", "\"lost\"");
        var highest = Token.Parse((await group.Client.AdvanceSessionAsync(after, None)).Demand().Token);
        await LoseAllAndRestoreAsync(group);
        (await group.Client.DefinitionAsync("definition", None))!.Value.ShouldBe("\"kept\"");
        foreach (var session in new[] { before, after })
        {
            (await group.Client.KeepAliveAsync(session, None)).Refusal!.Reason
                .ShouldBe(ConsensusRefusalReason.SessionUnknown);
        }

        // New sessions have higher tokens; elections, known to the backup or not, wait for the old life's leases.
        var fresh = await OpenAsync(group);
        fresh.Opened.ShouldBeGreaterThan(highest);
        fresh.Opened.ConsensusGeneration.ShouldBe((ushort)2);
        foreach (var election in new[] { Known, Later })
        {
            var waiting = (await group.Client.CampaignAsync(election, fresh, None)).Demand();
            (waiting.Holder == fresh.ToString()).ShouldBeFalse();
            waiting.Queue.ShouldBe([fresh.ToString()]);
        }

        foreach (var (election, old) in new[] { (Known, held), (Later, unknown) })
        {
            var won = (LeaderElected)(await group.Bus.SeeAsync(one => one is LeaderElected elected &&
                elected.Election == election.Value && elected.Holder == fresh.ToString())
                .OrFailAsync($"{election} is granted")).Event;
            Token.Parse(won.Token).ShouldBeGreaterThan(Token.Parse(old.Token!));
            Token.Parse(won.Token).ShouldBeGreaterThan(highest);
        }
    }

    [Fact]
    public async Task A_restore_that_is_not_legal_is_refused_by_name_and_changes_nothing()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await SaveBackupAsync(group);
        await group.StopAsync("v1");
        var directory = group.DirectoryOf("v1");
        ShouldRefuse<IOException>(Line(group, "v1", "2"), "is not empty");
        System.IO.Directory.Delete(directory, recursive: true);
        ShouldRefuse<InvalidDataException>(
            Line(group, "v1", "1"), "one above 1, that of the backup, and above Consensus:Generation (1) is wanted");
        ShouldRefuse<InvalidDataException>(Line(group, "v1", "x"), "--generation is 'x'");
        ShouldRefuse<InvalidDataException>(Line(group, "v1", "70000"), "--generation is '70000'");
        ShouldRefuse<InvalidDataException>(
            Line(group, "v1", "2", ("longest-ttl", "1.00:00:00")), "--longest-ttl is '1.00:00:00'");
        ShouldRefuse<InvalidDataException>(
            Line(group, "v1", "2", ("Consensus:Group", "other")), "'holdfast', and Consensus:Group is 'other'");
        ShouldRefuse<InvalidDataException>(
            Line(group, "v1", "3", ("Consensus:Generation", "3")), "above Consensus:Generation (3) is wanted");
        ShouldRefuse<InvalidDataException>(group.CommandLine("v1", ("generation", "2")), "--from is missing");
        var bytes = await File.ReadAllBytesAsync(_file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(_file, bytes);
        ShouldRefuse<BackupUnreadableException>(Line(group, "v1", "2"), "its content is damaged");
        System.IO.Directory.Exists(directory).ShouldBeFalse();
    }

    [Fact]
    public async Task Voters_that_were_restored_differently_are_of_different_lives()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await SaveBackupAsync(group);
        await group.StopAsync("v1");
        List<Term> terms = [];
        foreach (var ttl in new[] { "00:00:03", "00:00:03", "00:00:04" })
        {
            System.IO.Directory.Delete(group.DirectoryOf("v1"), recursive: true);
            Restore.Run(Line(group, "v1", "2", ("longest-ttl", ttl)));
            using var store = FileLogStore.Open(group.DirectoryOf("v1"), "holdfast/v1");
            terms.Add(store.Load().State.Term);
        }

        terms[1].ShouldBe(terms[0], "The same file and the same options are one life.");
        terms[2].Life.ShouldNotBe(terms[0].Life);
    }

    [Fact]
    public async Task A_backup_is_for_operators_and_given_one_at_a_time()
    {
        string[] files = [$"{_file}.services", $"{_file}.operators"];
        foreach (var file in files) await File.WriteAllTextAsync(file, TokenIn(file));
        await using var group = await ConsensusGroup.StartAsync(
            1,
            ("Auth:AllowAnonymous", "false"),
            ("Auth:TokenFile", files[0]),
            ("Auth:OperatorTokenFile", files[1]));

        (await AskAsync(group, token: null)).ShouldBe((HttpStatusCode.Unauthorized, ProblemCodes.Unauthorized));
        (await AskAsync(group, TokenIn(files[0]))).ShouldBe((HttpStatusCode.Forbidden, ProblemCodes.OperatorOnly));
        (await AskAsync(group, TokenIn(files[1]))).ShouldBe((HttpStatusCode.OK, null));

        var turn = group.PartOf<BackupTurn>("v1");

        // The client has the whole file a moment before the voter is done with it.
        await Waiting.HoldsAsync("the turn of the last has ended", turn.TryTake);
        (await AskAsync(group, TokenIn(files[1]))).ShouldBe((HttpStatusCode.Conflict, ProblemCodes.BackupInProgress));
        turn.End();
        (await AskAsync(group, TokenIn(files[1]))).ShouldBe((HttpStatusCode.OK, null));
        foreach (var file in files) File.Delete(file);
    }

    [Fact]
    public async Task A_voter_of_a_restored_group_does_not_found_an_empty_one()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await group.StopAsync("v1");
        System.IO.Directory.Delete(group.DirectoryOf("v1"), recursive: true);
        group.Set("Consensus:Generation", "2");
        (await Should.ThrowAsync<InvalidDataException>(() => group.StartAsync("v1"))).Message
            .ShouldContain("let it join under another name; restore it only if no voter of this generation has ever");
    }

    [Fact]
    public async Task The_same_restore_once_more_after_a_second_loss_is_refused()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await SaveBackupAsync(group);
        await LoseAllAndRestoreAsync(group);
        var minted = (await OpenAsync(group)).Opened;
        await group.StopAsync("v1");
        System.IO.Directory.Delete(group.DirectoryOf("v1"), recursive: true);
        ShouldRefuse<InvalidDataException>(Line(group, "v1", "2"), "above Consensus:Generation (2) is wanted");
        System.IO.Directory.Exists(group.DirectoryOf("v1")).ShouldBeFalse();
        Restore.Run(Line(group, "v1", "3"));
        group.Set("Consensus:Generation", "3");
        await group.StartAsync("v1");
        await group.LeaderAsync();
        (await OpenAsync(group)).Opened.ShouldBeGreaterThan(minted);
    }

    [Fact]
    public async Task The_command_line_restores_and_says_by_its_exit_code_whether_it_did()
    {
        await using var group = await ConsensusGroup.StartAsync(1);
        await PutAsync(group, "definition", "\"kept\"");
        await SaveBackupAsync(group);
        await group.StopAsync("v1");
        System.IO.Directory.Delete(group.DirectoryOf("v1"), recursive: true);

        var (code, said, refused) = await RunAsync(Line(group, "v1", "1"));
        (code, said).ShouldBe((HoldfastProgram.WrongConfigurationCode, ""));
        refused.ShouldStartWith("--generation is 1; one above 1, that of the backup");
        System.IO.Directory.Exists(group.DirectoryOf("v1")).ShouldBeFalse();
        (code, said, refused) = await RunAsync(Line(group, "v1", "2"));
        (code, refused).ShouldBe((0, ""));
        said.ShouldStartWith("Voter v1 of group 'holdfast' is restored from the backup that v1 took at ");
        (code, _, refused) = await RunAsync(Line(group, "v1", "2"));
        code.ShouldBe(HoldfastProgram.WrongConfigurationCode);
        refused.ShouldContain("is not empty");

        group.Set("Consensus:Generation", "2");
        await group.StartAsync("v1");
        await group.LeaderAsync();
        (await group.Client.DefinitionAsync("definition", None))!.Value.ShouldBe("\"kept\"");
    }

    private static async Task<(int Code, string Said, string Refused)> RunAsync(IConfiguration line)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Holdfast.Consensus.Service.dll");
        var settings = line.AsEnumerable().Where(static pair => pair.Value is not null)
            .Select(static pair => $"--{pair.Key}={pair.Value}");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, Restore.Verb, .. settings])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, refused) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().OrFailAsync("the restore ends");
        return (process.ExitCode, (await said).Trim(), (await refused).Trim());
    }

    private async Task LoseAllAndRestoreAsync(ConsensusGroup group)
    {
        foreach (var name in group.Names.ToList())
        {
            await group.StopAsync(name);
            System.IO.Directory.Delete(group.DirectoryOf(name), recursive: true);
        }

        foreach (var name in group.Names)
        {
            var said = Restore.Run(Line(group, name, "2"));
            said.ShouldContain($"Voter {name} of group 'holdfast' is restored");
            said.ShouldContain("then set Consensus:Generation to 2 on every voter");
            said.ShouldContain("a voter that loses its disk later joins under another name");
        }

        group.Set("Consensus:Generation", "2");
        foreach (var name in group.Names) await group.StartAsync(name);
        await group.LeaderAsync();
    }

    private static void ShouldRefuse<TException>(IConfiguration line, string what)
        where TException : Exception =>
        Should.Throw<TException>(() => Restore.Run(line)).Message.ShouldContain(what);

    private IConfiguration Line(
        ConsensusGroup group, string name, string generation, params (string Key, string? Value)[] more) =>
        group.CommandLine(
            name,
            [("from", _file), ("generation", generation), ("longest-ttl", "00:00:03"), .. more]);

    private async Task SaveBackupAsync(ConsensusGroup group)
    {
        using var answer = await group.Http.GetAsync(group.Url("v1", ConsensusRoutes.Backup));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Backup.Read(bytes).Header.Generation.ShouldBe((ushort)1);
        await File.WriteAllBytesAsync(_file, bytes);
    }

    private static string TokenIn(string file) => $"token-{Path.GetExtension(file)}-of-16-and-more";

    private static async Task<(HttpStatusCode Status, string? Code)> AskAsync(ConsensusGroup group, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, group.Url("v1", ConsensusRoutes.Backup));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await group.Http.SendAsync(request, None);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            Backup.Read(await answer.Content.ReadAsByteArrayAsync(None)).Header.Group.ShouldBe("holdfast");
            return (answer.StatusCode, null);
        }

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(None);
        return (answer.StatusCode, problem.GetProperty("code").GetString());
    }

    private static async Task<SessionId> OpenAsync(ConsensusGroup group) => SessionId.Parse(
        (await group.Client.OpenSessionAsync(
            new OpenSessionRequest { Cluster = "east", Ttl = TimeSpan.FromMinutes(1) }, None)).Demand().Session);

    private static async Task PutAsync(ConsensusGroup group, string key, string json) =>
        (await group.Client.PutDefinitionAsync(key, json, None)).Demand();
}
