using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Directory;
using Holdfast.Directory.Http;
using Holdfast.Primitives;

namespace Holdfast.Standalone.Tests;

[Collection(WholeRuns.Name)]
public sealed class ServeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_joins_with_the_settings_that_are_printed_and_hears_of_its_own_claim()
    {
        await using var run = new ProgramRun("serve");
        await run.LineAsync("  Directory__TokenFile=", Deadline);
        var settings = SettingsOf(run);
        using var http = new HttpClient
        {
            BaseAddress = new Uri(settings["Directory__Address"]),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var stream = new EventStream(http);
        var hearing = ClaimHeardAsync(stream);
        await stream.Connected.WaitAsync(Deadline, Cancel);

        using var consensus = new ConsensusClient(ConsensusOf(settings));
        await using var session = await HoldfastSession.OpenAsync(
            consensus, new HoldfastSessionOptions { Cluster = new ClusterId("east") }, Cancel);
        var claims = new GrainClaims(DirectoryOf(settings), session);
        var claimed = (await claims.ClaimAsync([new GrainId("order", "1")], Cancel)).Single();

        claimed.IsHeld.ShouldBeTrue();
        var heard = await hearing.WaitAsync(Deadline, Cancel);
        heard.Grains.Single().NewEpoch.ShouldBe(claimed.Record!.Epoch.ToString());
        run.Signal(ProgramRun.Sigterm);
        (await run.ExitCodeAsync(Deadline)).ShouldBe(0, run.Story);
        run.LeftProcesses.ShouldBeEmpty();
        run.LeftFiles.ShouldBeEmpty();
    }

    private static async Task<GrainClaimed> ClaimHeardAsync(EventStream stream)
    {
        await foreach (var item in stream.ReadAsync(Cancel))
        {
            if (item.As<GrainClaimed>() is { } claimed) return claimed;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private static Dictionary<string, string> SettingsOf(ProgramRun run) => run.Output
        .Select(line => line.Trim().Split('=', 2))
        .Where(parts => parts.Length == 2 && parts[0].Contains("__", StringComparison.Ordinal))
        .ToDictionary(parts => parts[0], parts => parts[1]);

    private static ConsensusClientOptions ConsensusOf(Dictionary<string, string> settings) => new()
    {
        Endpoints =
        [
            .. settings.Where(entry => entry.Key.Contains("__Endpoints__", StringComparison.Ordinal))
                .Select(entry => entry.Value),
        ],
        TokenFile = settings["ConsensusClient__TokenFile"],
    };

    private static HttpGrainDirectory DirectoryOf(Dictionary<string, string> settings) => new(new DirectoryOptions
    {
        Backend = DirectoryBackend.Http,
        Address = new Uri(settings["Directory__Address"]),
        TokenFile = settings["Directory__TokenFile"],
    });
}
