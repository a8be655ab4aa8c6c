using System.Threading.Channels;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Service.Agent;
using Holdfast.Handoff.Service.Events;
using Holdfast.Handoff.Service.Fencing;
using Holdfast.Handoff.Service.Links;
using Holdfast.Handoff.Service.Processes;
using Holdfast.Handoff.Wire;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Handoff.Service.Daemons;

/// <summary>What all daemons of a supervisor share.</summary>
internal sealed record KeeperParts(
    NodeOptions Node,
    HandoffOptions Options,
    AgentClient Agent,
    HandoffLedger Ledger,
    IMonotonicClock Clock,
    TimeProvider Time,
    DaemonEpochs? Epochs = null);

/// <summary>
/// The shell of one daemon's supervisor: a mailbox and one loop that owns the core. The loop waits for nothing but its
/// mailbox; disks, processes, sockets and calls run beside it and come back as inputs.
/// </summary>
internal sealed partial class DaemonKeeper : IDisposable
{
    private const int MailboxMax = 1_024;
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(50);

    private readonly DaemonOptions _daemon;
    private readonly KeeperParts _parts;
    private readonly ILogger _logger;
    private readonly Supervisor _core;
    private readonly JournalFile _journal;
    private readonly DaemonLauncher _launcher;
    private readonly WorkloadReporter _reporter;
    private readonly Channel<Letter> _mailbox =
        Channel.CreateBounded<Letter>(new BoundedChannelOptions(MailboxMax) { SingleReader = true });

    private readonly Dictionary<DaemonProcess, RunningProcess> _processes = [];
    private readonly Dictionary<Peer, PeerLink> _links = [];
    private DaemonAnswer _answer;

    // What the epoch file says; written by whoever raises it, shown by the loop.
    private volatile string? _epoch;
    private CancellationToken _stopping;
    private Task _forgetting = Task.CompletedTask;
    private Task _storing = Task.CompletedTask;

    public DaemonKeeper(DaemonOptions daemon, KeeperParts parts, ILogger logger)
    {
        (_daemon, _parts, _logger) = (daemon, parts, logger);
        _core = new Supervisor(new DaemonRules(daemon.Fenced, daemon.GoUnfenced), parts.Options);
        _journal = new JournalFile(
            Path.Combine(Path.GetFullPath(parts.Options.StateDirectory), $"{daemon.Name}.journal"));
        _launcher = new DaemonLauncher(daemon, parts.Node, DaemonEpochs.FileOf(parts.Options, daemon.Name));
        _reporter = new WorkloadReporter(parts.Agent, daemon.Name, parts.Time);
        if (daemon.Fenced) _epoch = ReadEpoch()?.ToString();
        _answer = AnswerOf(_core.State);
    }

    public WorkloadName Name => _daemon.Name;

    /// <summary>How the daemon is.</summary>
    public DaemonAnswer Answer => Volatile.Read(ref _answer) with { Builds = _launcher.Builds() };

    /// <summary>Whether there is a program of this build.</summary>
    public bool Has(BuildName build) => _launcher.Has(build);

    public IReadOnlyList<string> Builds() => _launcher.Builds();

    /// <summary>
    /// Reads the journal, takes on what still runs, opens the listeners. Wrong here stops the start of the supervisor.
    /// </summary>
    /// <exception cref="IOException">A listener cannot be opened.</exception>
    /// <exception cref="InvalidDataException">The journal cannot be read.</exception>
    public async Task BeginAsync(CancellationToken cancel)
    {
        var configured = new DaemonJournal { Build = new BuildName(_daemon.Build) };
        var journal = _journal.Read() ?? configured;
        if (!_launcher.Has(journal.Build)) journal = journal with { Build = configured.Build };
        var incumbent = Hold(journal.Process);
        var successor = Hold(journal.Handoff?.Successor);
        if (incumbent is null && successor is null && await FindAsync(journal.Build, cancel) is { } unrecorded)
            (incumbent, journal) = (unrecorded, journal.Adopt(unrecorded.Identity));
        var holder = incumbent ?? successor;
        if (holder is null) _launcher.OpenListeners();
        else if (!_launcher.TryTakeListeners(holder)) Log.ListenersHeld(_logger, Name.Value, holder.Identity.Pid);
        _mailbox.Writer.TryWrite(new Letter(new SupervisorInput.Begin(
            journal, incumbent is not null, successor is not null)));
    }

    public Task<RequestAnswer> HandOverAsync(HandoffId id, BuildName build, CancellationToken cancel) =>
        AskAsync(new SupervisorInput.HandoffWanted(id, build), cancel);

    public Task<RequestAnswer> AbortAsync(string reason, CancellationToken cancel) =>
        AskAsync(new SupervisorInput.AbortWanted(reason), cancel);

    /// <summary>
    /// Runs until the daemon has stopped, or, where it is to go on, until <paramref name="stopping"/>.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ended = new CancellationTokenSource();
        _stopping = ended.Token;
        var ticking = TickAsync(ended.Token);
        var repeating = RepeatAsync(ended.Token);
        await using var stop = stopping.Register(() => Post(new SupervisorInput.Stop()));
        var leave = _parts.Options.StopDaemons ? CancellationToken.None : stopping;
        try
        {
            await foreach (var letter in _mailbox.Reader.ReadAllAsync(leave))
            {
                Step(letter);
                if (_core.State is DaemonState.Stopped) break;
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            Log.LeftRunning(_logger, Name.Value);
        }
        finally
        {
            foreach (var link in _links.Values) link.Close();
            await ended.CancelAsync();
            await Task.WhenAll(ticking, repeating, _forgetting, _storing);
        }
    }

    public void Dispose()
    {
        _launcher.CloseListeners();
        foreach (var process in _processes.Values) process.Dispose();
    }

    private void Post(SupervisorInput input) => Post(new Letter(input));

    // The core is told of few things; a mailbox that is full means that the loop has ended.
    private void Post(Letter letter) => _mailbox.Writer.TryWrite(letter);

    private async Task<RequestAnswer> AskAsync(SupervisorInput input, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<RequestAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _mailbox.Writer.WriteAsync(new Letter(input, Answer: answer), cancel);
        return await answer.Task.WaitAsync(cancel);
    }

    private void Step(Letter letter)
    {
        // What a closed link still had to say is about nothing any more.
        if (letter.From is { } link && !_links.ContainsValue(link)) return;
        var output = _core.Step(letter.Input, _parts.Clock.Now());
        if (output.Store is { } journal) _storing = StoreAsync(journal);
        foreach (var effect in output.Effects) Carry(effect);
        if (letter.Input is SupervisorInput.Exited exited)
        {
            _ = _reporter.TellExitAsync(exited.Process, exited.ExitCode, _stopping);
            Release(exited.Process);
        }

        Volatile.Write(ref _answer, AnswerOf(_core.State));
        if (output.Answer is { } answer) letter.Answer?.TrySetResult(answer);
    }

    // Its descriptor is of no use once its end was told, and a daemon that is handed over often has many such.
    private void Release(DaemonProcess gone)
    {
        if (_processes.Remove(gone, out var process)) process.Dispose();
    }

    private DaemonAnswer AnswerOf(DaemonState state)
    {
        var (word, process, build) = state switch
        {
            DaemonState.Serving { IsUp: true } serving => (
                _core.IsStoring ? "handing" : "serving", serving.Process, serving.Process.Build.Value),
            DaemonState.Serving serving => ("starting", serving.Process, serving.Process.Build.Value),
            DaemonState.Handing { Course: var course } => Handing(course),
            DaemonState.Recovering recovering => ("recovering", recovering.Incumbent, recovering.Known.Build.Value),
            DaemonState.Waiting waiting => ("waiting", null, waiting.Build.Value),
            DaemonState.Starting starting => ("starting", null, starting.Build.Value),
            DaemonState.Claiming claiming => ("starting", null, claiming.Build.Value),
            DaemonState.Stopping stopping => ("stopping", stopping.Process, stopping.Process.Build.Value),
            DaemonState.Stopped => ("stopped", null, _daemon.Build),
            _ => ("starting", (DaemonProcess?)null, _daemon.Build),
        };
        return new DaemonAnswer
        {
            Name = Name.Value,
            State = word,
            Pid = process?.Pid,
            Build = build,
            Builds = [],
            Listeners = [.. _launcher.Names.Select(name => name.ToString())],
            Epoch = _daemon.Fenced ? _epoch : null,
            Handoff = state is DaemonState.Handing handing ? _parts.Ledger.Find(handing.Course.Id) : null,
        };

        static (string, DaemonProcess?, string) Handing(HandoffCourse course)
        {
            var serves = course.Step == HandoffStep.Committed ? course.Successor : course.Incumbent;
            return ("handing", serves, (serves ?? course.Incumbent).Build.Value);
        }
    }

    private async Task TickAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(TickInterval, _parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended)) Post(new SupervisorInput.Tick());
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task RepeatAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(_parts.Options.AgentInterval, _parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended)) await _reporter.RepeatAsync(ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>An input, the link it came over, and who waits for the answer.</summary>
    private sealed record Letter(
        SupervisorInput Input, PeerLink? From = null, TaskCompletionSource<RequestAnswer>? Answer = null);
}
