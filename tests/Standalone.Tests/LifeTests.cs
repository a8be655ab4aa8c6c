using System.Net;
using System.Net.Sockets;

namespace Holdfast.Standalone.Tests;

[Collection(WholeRuns.Name)]
public sealed class LifeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Ctrl_C_in_the_middle_leaves_no_process_and_no_file()
    {
        await using var run = new ProgramRun("demo", "--json");
        await run.LineAsync("SIGKILL", Deadline);
        run.LeftProcesses.ShouldNotBeEmpty();
        run.LeftFiles.ShouldNotBeEmpty();

        run.Signal(ProgramRun.Sigint);

        (await run.ExitCodeAsync(Deadline)).ShouldBe(130, run.Story);
        run.LeftProcesses.ShouldBeEmpty();
        run.LeftFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ctrl_C_while_it_starts_leaves_no_process_and_no_file()
    {
        await using var run = new ProgramRun("demo", "--json");
        await run.LineAsync("hub:", Deadline);

        run.Signal(ProgramRun.Sigint);

        (await run.ExitCodeAsync(Deadline)).ShouldBe(130, run.Story);
        run.LeftProcesses.ShouldBeEmpty();
        run.LeftFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Children_do_not_outlive_a_parent_that_was_killed()
    {
        await using var run = new ProgramRun("demo", "--json");
        await run.LineAsync("cluster north", Deadline);
        var children = run.LeftProcesses;
        // Six nodes and the resource; the daemon of one node may have started already.
        children.Count.ShouldBeInRange(7, 8);

        run.Signal(ProgramRun.Sigkill);

        await run.ExitCodeAsync(Deadline);
        foreach (var child in children) await Ended.OfAsync(child, Deadline);
    }

    [Fact]
    public async Task A_taken_port_is_named_and_nothing_is_left()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var run = new ProgramRun("demo", "--port", $"{port}");

        (await run.ExitCodeAsync(Deadline)).ShouldBe(1, run.Story);

        run.Errors.ShouldContain(
            $"Port {port} on 127.0.0.1 is taken; it was wanted for the hub (directory and events).");
        run.LeftFiles.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        "'x' cannot be broken; legal are fence, promoter, bus, detector, recovery and handoff.",
        "demo", "--break", "x")]
    [InlineData("--port must be 1024 to 65000.", "demo", "--port", "80")]
    [InlineData("--grace must be 0 to 3600 seconds.", "serve", "--grace", "-1")]
    [InlineData("Unrecognized command or argument 'nonsense'.", "demo", "nonsense")]
    [InlineData("Required command was not provided.")]
    public async Task Wrong_arguments_are_told_and_start_nothing(string told, params string[] arguments)
    {
        await using var run = new ProgramRun(arguments);

        (await run.ExitCodeAsync(Deadline)).ShouldBe(1);

        run.Errors.ShouldContain(told);
        run.LeftFiles.ShouldBeEmpty();
    }
}

/// <summary>Waits for the end of a process that is nobody's child here.</summary>
internal static class Ended
{
    public static async Task OfAsync(int pid, TimeSpan deadline)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            using var late = new CancellationTokenSource(deadline);
            await process.WaitForExitAsync(late.Token);
        }
        catch (ArgumentException)
        {
            // It had ended before it was looked for.
            return;
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Process {pid} still runs after {deadline}.", e);
        }
    }
}
