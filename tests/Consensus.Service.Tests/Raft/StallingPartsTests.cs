using System.Net.Sockets;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>One part of a voter that stalls or fails, and what it costs the others.</summary>
[Collection("voters on loopback")]
public sealed class StallingPartsTests
{
    private static readonly NodeId N1 = new("n1");
    private static readonly NodeId N2 = new("n2");

    [Fact]
    public async Task A_writer_whose_disk_stalls_is_given_up_after_a_while()
    {
        using var telemetry = new RaftTelemetry(N1, static () => throw new InvalidOperationException());
        using var disk = new StalledStore();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writer = new LogWriter(disk, telemetry, new WriterEvents(
            static _ => { }, static () => { }, (_, _) => ended.TrySetResult(), static _ => { }));
        writer.Start();
        writer.Enqueue(new Persistence { Number = new PersistenceNumber(1) }, []);
        writer.Begin(errand: null);

        writer.Stop(TimeSpan.FromMilliseconds(50)).ShouldBeFalse();

        disk.Flows.Set();
        await ended.Task.OrFailAsync("the write ends");
        writer.Stop(TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }

    [Fact]
    public void A_snapshot_that_a_newer_one_replaced_is_skipped_and_not_applied()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("holdfast-raft-").FullName;
        using (var store = FileLogStore.Open(directory, "test/n1"))
        using (var telemetry = new RaftTelemetry(N1, static () => throw new InvalidOperationException()))
        {
            var snapshots = new Snapshots(
                store.Snapshots,
                new SnapshotEvents(static _ => { }, static _ => { }, static _ => { }),
                telemetry,
                NullLogger.Instance);
            var machine = new ListMachine();
            var older = store.Snapshots.Save(Mark(100), machine.Capture());
            var newer = store.Snapshots.Save(Mark(200), machine.Capture());

            snapshots.Restore(older, machine).ShouldBeFalse();
            machine.Restored.ShouldBe(0);
            snapshots.Restore(newer, machine).ShouldBeTrue();
            machine.Restored.ShouldBe(1);
        }

        System.IO.Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_message_that_cannot_be_sent_costs_the_connection_and_not_the_link()
    {
        await using var voters = new TestVoters(3);
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(voters.OptionsOf(N2).Listen);
        listener.Listen();
        using var telemetry = new RaftTelemetry(N1, static () => throw new InvalidOperationException());
        var options = voters.OptionsOf(N1);
        var link = new PeerLink(
            options.Voters.Single(static voter => voter.Node == N2),
            new Greeter(new Handshake(options), tls: null, frameBytesMax: 1024),
            telemetry,
            NullLogger.Instance,
            static _ => { });
        using var stop = new CancellationTokenSource();
        var run = link.RunAsync(stop.Token);
        var other = new Handshake(voters.OptionsOf(N2));

        await using (var first = await AcceptAsync(listener, other))
        {
            link.Send(new AppendRequest(new Term(1), default, default, default, default));
            link.Flush();
            (await first.ReadAsync(cancel).OrFailAsync("the connection ends")).ShouldBeNull();
        }

        await using var second = await AcceptAsync(listener, other);
        var frame = second.ReadAsync(cancel);
        while (!frame.IsCompleted)
        {
            // What is sent before the dialler knows that it is welcome may be dropped, as always.
            link.Send(new TimeoutNow(new Term(7)));
            link.Flush();
            await Task.Yield();
        }

        (await frame).ShouldNotBeNull().TimeoutNow.Term.ShouldBe(7UL);
        await stop.CancelAsync();
        await run.OrFailAsync("the link ends");
    }

    [Fact]
    public async Task A_proposal_never_overtakes_one_that_found_no_place()
    {
        await using var voters = new TestVoters(1);
        await using var host = new RaftHost(
            voters.OptionsOf(N1) with { MailboxMax = 8 },
            new ListMachine(),
            BootClock.Instance,
            NullLoggerFactory.Instance);
        await host.StartAsync(CancellationToken.None);
        await host.LeadsAsync(TestContext.Current.CancellationToken).OrFailAsync("the voter leads");
        var proposers = Enumerable.Range(0, 1000).Select(static _ => new AwaitingProposer()).ToList();

        host.Propose([.. proposers.Select(static (waiting, i) => new Proposal(BitConverter.GetBytes(i), waiting))]);

        var outcomes = await Task.WhenAll(proposers.Select(static waiting => waiting.Outcome))
            .OrFailAsync("all are answered");
        outcomes.SkipWhile(static outcome => outcome is ProposeOutcome.Applied)
            .ShouldAllBe(static outcome => outcome is ProposeOutcome.Overloaded);
        outcomes[^1].ShouldBe(new ProposeOutcome.Overloaded());
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_directory_to_the_next()
    {
        await using var voters = new TestVoters(3);
        using (var taken = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            taken.Bind(voters.OptionsOf(N1).Listen);
            taken.Listen();
            await using var host = new RaftHost(
                voters.OptionsOf(N1), new ListMachine(), BootClock.Instance, NullLoggerFactory.Instance);
            await Should.ThrowAsync<RaftListenException>(() => host.StartAsync(CancellationToken.None))
                .OrFailAsync("the start fails");
            host.Status.Role.ShouldBe(RaftRole.Follower);
        }

        await voters.StartAsync(N1);
    }

    private static SnapshotMark Mark(ulong index) => new(new LogIndex(index), new Term(1));

    private static async Task<FrameStream> AcceptAsync(Socket listener, Handshake handshake)
    {
        var cancel = TestContext.Current.CancellationToken;
        var socket = await listener.AcceptAsync(cancel).AsTask().OrFailAsync("it is dialled");
        var stream = new FrameStream(socket, frameBytesMax: 64 * 1024);
        await handshake.AcceptAsync(stream, new Assurance.InClear(), cancel).OrFailAsync("the dialler is heard");
        return stream;
    }

    private sealed class StalledStore : ILogStore
    {
        public ManualResetEventSlim Flows { get; } = new();

        public ISnapshotStore Snapshots => throw new NotSupportedException();

        public DurableState Load() => DurableState.Empty;

        public void Write(IReadOnlyList<Persistence> group) => Flows.Wait();

        public void Dispose() => Flows.Dispose();
    }
}
