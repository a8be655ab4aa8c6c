using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Http;
using Holdfast.Primitives;

namespace Holdfast.Cli.Tests;

/// <summary>
/// The tool as a process of its own, against a whole Holdfast in processes of its own, found by the file of settings
/// that it writes.
/// </summary>
public sealed class StandaloneTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private Process _standalone = null!;
    private string _settings = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _standalone = Start("Holdfast.Standalone.dll", ["serve", "--grace", "0"]);
        _standalone.OutputDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data ?? "");
        _standalone.ErrorDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data ?? "");
        _standalone.BeginOutputReadLine();
        _standalone.BeginErrorReadLine();
        const string variable = "export HOLDFAST_CONFIG=";
        _settings = (await LineAsync(variable)).Trim()[variable.Length..];
        await LineAsync("The directory lives in this process' memory");
    }

    public async ValueTask DisposeAsync()
    {
        // Its children are its own to end; only when it does not are they ended for it.
        using var late = new CancellationTokenSource(Deadline);
        using var kill = Process.Start("kill", ["-TERM", $"{_standalone.Id}"]);
        try
        {
            await _standalone.WaitForExitAsync(late.Token);
        }
        finally
        {
            if (!_standalone.HasExited) _standalone.Kill(entireProcessTree: true);
            _standalone.Dispose();
        }
    }

    [Fact]
    public async Task It_shows_and_steers_a_running_installation()
    {
        var calm = await UntilAsync(ExitCode.Done, "\"hasQuorum\": true", "status", "--json");
        var status = JsonDocument.Parse(calm).RootElement;
        status.GetProperty("members").GetArrayLength().ShouldBe(6);
        status.GetProperty("clusters").EnumerateArray().Select(cluster => cluster.GetProperty("cluster").GetString())
            .ShouldBe(["east", "north", "west"]);
        status.GetProperty("directory").GetProperty("open").GetInt32().ShouldBe(64);
        status.GetProperty("services").GetArrayLength().ShouldBe(21);

        var grain = await ClaimAsync();
        await UntilAsync(ExitCode.Done, "1 grain\n", "grains");
        await UntilAsync(ExitCode.Done, grain.ToString(), "grains", "east");
        var explained = await UntilAsync(ExitCode.Done, "Alive      yes", "explain", grain.ToString());
        explained.ShouldContain("Nothing moves it");
        await UntilAsync(ExitCode.Done, "reachable", "plan");

        await UntilAsync(ExitCode.Done, "east is paused", "pause", "east", "--reason", "drill");
        await UntilAsync(ExitCode.Done, "Automatic failover of east is paused", "status");
        await UntilAsync(ExitCode.Done, "east is allowed", "resume", "east");
        await UntilAsync(
            ExitCode.Refused, "east is not unreachable", "force", "--from", "east", "--to", "west", "--reason", "drill",
            "--yes");

        var file = Path.Combine(Path.GetDirectoryName(_settings)!, "grains.export");
        await UntilAsync(ExitCode.Done, "1 record of ", "directory", "export", file);
        await UntilAsync(ExitCode.Refused, "The reassert window is not open", "directory", "import", file, "--yes");
    }

    /// <summary>
    /// Asks until it is answered so: on a busy machine a voter may be late, and another lead for a while.
    /// </summary>
    private async Task<string> UntilAsync(ExitCode exit, string words, params string[] arguments)
    {
        var startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            var (code, output) = await RunAsync(arguments);
            if (code == (int)exit && output.Contains(words, StringComparison.Ordinal)) return output;
            if (Stopwatch.GetElapsedTime(startedAt) < Deadline) continue;
            throw new TimeoutException(
                $"'{string.Join(' ', arguments)}' did not answer '{words}' within {Deadline}, but ({code}): {output}");
        }
    }

    /// <summary>A program's grain, whose session lives while the test does.</summary>
    private async Task<GrainId> ClaimAsync()
    {
        var settings = JsonDocument.Parse(await File.ReadAllTextAsync(_settings, Cancel)).RootElement;
        var tokenFile = settings.GetProperty("tokenFile").GetString();
        using var consensus = new ConsensusClient(new ConsensusClientOptions
        {
            Endpoints = [.. settings.GetProperty("consensus").EnumerateArray().Select(voter => voter.GetString()!)],
            TokenFile = tokenFile,
        });
        using var directory = new HttpGrainDirectory(new DirectoryOptions
        {
            Backend = DirectoryBackend.Http,
            Address = new Uri(settings.GetProperty("directory").GetString()!),
            TokenFile = tokenFile,
        });

        // Long enough for the whole test, as nobody keeps it alive.
        var opening = new OpenSessionRequest { Cluster = "east", Ttl = TimeSpan.FromMinutes(5) };
        var session = (await consensus.OpenSessionAsync(opening, Cancel)).Demand();
        var grain = new GrainId("order", "1");
        var id = SessionId.Parse(session.Session);
        var answers = await directory.ClaimAsync(
            [new GrainClaim(grain)], new ClusterId("east"), id, Token.Parse(session.Token), Cancel);
        answers.Single().Status.ShouldBe(DirectoryStatus.Ok);
        return grain;
    }

    private async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        using var tool = Start("holdfast.dll", [.. arguments, "--timeout", "20"]);
        tool.StandardInput.Close();
        var output = tool.StandardOutput.ReadToEndAsync(Cancel);
        var errors = tool.StandardError.ReadToEndAsync(Cancel);
        await tool.WaitForExitAsync(Cancel).WaitAsync(Deadline, Cancel);
        return (tool.ExitCode, await output + await errors);
    }

    private Process Start(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["HOLDFAST_CONFIG"] = _settings;
        return Process.Start(start)!;
    }

    private async Task<string> LineAsync(string what)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        late.CancelAfter(Deadline);
        var heard = new List<string>();
        try
        {
            while (true)
            {
                heard.Add(await _lines.Reader.ReadAsync(late.Token));
                if (heard[^1].Contains(what, StringComparison.Ordinal)) return heard[^1];
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"No line with '{what}' within {Deadline}:\n{string.Join('\n', heard)}", e);
        }
    }
}
