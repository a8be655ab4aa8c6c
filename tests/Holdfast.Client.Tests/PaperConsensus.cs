using System.Threading.Channels;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Tests;

/// <summary>
/// The answers of a Consensus of one, kept by hand: one session, any election, tokens from a counter. What must fail
/// is set by the test.
/// </summary>
internal sealed class PaperConsensus
{
    public const string Session = "0000000000000010";

    private readonly Lock _gate = new();
    private ulong _index = 0x10;
    private string _token = Session;
    private string? _holder = Session;

    /// <summary>Answers every call on the session so; null: well.</summary>
    public string? SessionOver { get; set; }

    /// <summary>Answers nothing but 503.</summary>
    public bool Away { get; set; }

    /// <summary>The one node whose agent lives; null: none.</summary>
    public string? LiveNode { get; set; }

    /// <summary>Who holds every election; null: the one who asks.</summary>
    public string? Holder { set => _holder = value ?? Session; }

    public Task AnswerAsync(Seen seen, HttpContext context)
    {
        lock (_gate)
        {
            if (Away) return Says.Problem(503, ProblemCodes.NoQuorum)(seen, context);
            if (seen.Path.StartsWith("/v1/definitions/", StringComparison.Ordinal))
                return Says.Problem(404, ProblemCodes.NotFound)(seen, context);
            if (SessionOver is { } code && seen.Path != ConsensusRoutes.Sessions)
                return Says.Problem(409, code)(seen, context);
            if (seen.Path == ConsensusRoutes.Snapshot) return Says.Json(Snapshot())(seen, context);
            if (seen.Path.EndsWith("/advance", StringComparison.Ordinal)) _token = Mint();
            return Says.Json(seen.Path.Contains("/elections/", StringComparison.Ordinal) ? Election() : Answer())(
                seen, context);
        }
    }

    private ConsensusSnapshot Snapshot() => new()
    {
        Node = "voter-1",
        Sequence = Contracts.EventIdentity.Sequence(1, _index),
        AppliedIndex = _index,
        SafeLayout = true,
        Nodes = LiveNode is { } node
            ? [new NodeAnswer { Node = node, Cluster = "west", Generation = 7, Live = true }]
            : [],
        Sessions = [],
        Elections = [],
        Definitions = [],
    };

    private string Mint() => Token.Mint(0, ++_index).ToString();

    private SessionAnswer Answer() => new()
    {
        Session = Session,
        Token = _token,
        Cluster = "west",
        Ttl = TimeSpan.FromSeconds(5),
        Agent = false,
        State = "live",
    };

    private ElectionAnswer Election() => new()
    {
        Election = "failover/west",
        Holder = _holder,
        Token = _token,
        Term = 1,
        Queue = [],
    };
}

/// <summary>A clock that only the test moves.</summary>
internal sealed class HandClock : IMonotonicClock
{
    private long _ticks;

    public Instant Now() => new(Interlocked.Read(ref _ticks));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}

/// <summary>The network, until the test breaks it in a way that no client expects.</summary>
internal sealed class BreakableNetwork() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly Channel<bool> _failures = Channel.CreateUnbounded<bool>();

    public volatile bool Broken;

    public async Task FailsAgainAsync() =>
        await Await.Within10Seconds(_failures.Reader.ReadAsync().AsTask(), "a request over the broken network");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (!Broken) return base.SendAsync(request, cancel);
        _failures.Writer.TryWrite(true);
        throw new InvalidOperationException("Broken by the test.");
    }
}

/// <summary>A paper Consensus behind a real HTTP server, and a client of it.</summary>
internal sealed class PaperCluster : IAsyncDisposable
{
    private PaperCluster(ScriptedVoter voter, PaperConsensus consensus)
    {
        (Voter, Consensus) = (voter, consensus);

        // Requests are counted: none is sent again because the first answer of a process is slow.
        var options = new ConsensusClientOptions { Endpoints = [voter.Url] };
        Client = new ConsensusClient(options with { AttemptDeadline = options.Deadline }, Network);
    }

    public BreakableNetwork Network { get; } = new();

    public ScriptedVoter Voter { get; }

    public PaperConsensus Consensus { get; }

    public ConsensusClient Client { get; }

    public HandClock Clock { get; } = new();

    public static async Task<PaperCluster> StartAsync()
    {
        var consensus = new PaperConsensus();
        return new PaperCluster(await ScriptedVoter.StartAsync(consensus.AnswerAsync), consensus);
    }

    /// <summary>Looks at each request while its sender waits for the answer.</summary>
    public void Answering(Action<Seen> look) => Voter.Become((seen, context) =>
    {
        look(seen);
        return Consensus.AnswerAsync(seen, context);
    });

    public Task<HoldfastSession> OpenAsync(string? node = null) => HoldfastSession.OpenAsync(
        Client,
        new HoldfastSessionOptions
        {
            Cluster = new ClusterId("west"),
            Node = node is null ? null : new NodeId(node),
            Generation = node is null ? null : new Generation(7),
            KeepAlive = TimeSpan.FromMilliseconds(50),
        },
        TestContext.Current.CancellationToken,
        Clock);

    /// <summary>Waits until a keep-alive that was sent after this call was answered, and one more begun.</summary>
    public async Task KeepAliveAsync()
    {
        // The first may have been under way; the second began after this call; the third shows that its answer was
        // taken.
        Voter.ForgetSeen();
        for (var i = 0; i < 3; i++)
            await Voter.NextAsync("keep-alive", seen => seen.Path.EndsWith("/keepalive", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Network.Dispose();
        await Voter.DisposeAsync();
    }
}

/// <summary>Waits for what a test is about, and says what is missing.</summary>
internal static class Await
{
    public static async Task<T> Within10Seconds<T>(Task<T> awaited, string what)
    {
        try
        {
            return await awaited.WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Missing after 10 s: {what}.", e);
        }
    }

    public static async Task Cancelled(string what, CancellationToken token)
    {
        var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(() => cancelled.TrySetResult(true));
        await Within10Seconds(cancelled.Task, what);
    }
}
