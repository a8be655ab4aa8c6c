using System.Diagnostics;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// Calls to Consensus over HTTP. Thread-safe; one per process is enough. Each call is answered, refused as a value
/// (<see cref="ConsensusOutcome{T}"/>), or throws <see cref="ConsensusUnavailableException"/> after the deadline; then
/// it may or may not have been carried out, and may be repeated. Within one call a change is sent as often as it takes,
/// and carried out once: it is marked with its session and a number. Any number of changes of a session may be
/// asked for at once; 16 of them are under way, the others wait their turn, which counts in their deadline.
/// </summary>
/// <remarks>
/// Changes are carried out once from the first marked request that a group takes while all its members know marks;
/// until then, which is while it is upgraded, as often as they are sent. Several clients of one session need clocks
/// that agree: the changes of one whose clock is behind by longer than the others take for 32 changes are not carried
/// out, and end as <see cref="ConsensusUnavailableException"/>.
/// </remarks>
public sealed partial class ConsensusClient : IDisposable
{
    // An opening whose session is over before its answer came is no answer; one more try finds a session that is young.
    private const int OpeningsMax = 3;

    // For a change whose turn came at the last moment.
    private static readonly TimeSpan LeastDeadline = TimeSpan.FromMilliseconds(100);

    private readonly EndpointTransport _transport;
    private readonly RequestMarks _marks = new(TimeProvider.System);
    private readonly RequestTurns _turns = new();
    private readonly TimeSpan _deadline;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Where Consensus is.</param>
    /// <param name="handler">Replaces the network; the caller disposes it.</param>
    /// <exception cref="ArgumentException">The options have a problem; the message lists all.</exception>
    public ConsensusClient(ConsensusClientOptions options, HttpMessageHandler? handler = null)
    {
        if (options.Problems().ToArray() is { Length: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        _deadline = options.Deadline;
        _transport = new EndpointTransport(
            new ServiceEndpoints(
                "consensus",
                options.Endpoints,
                options.TokenFile,
                options.Deadline,
                options.AttemptDeadline,
                Unavailable)
            {
                Tls = ClientTls.Of(options),
            },
            handler);
    }

    /// <summary>
    /// Opens a session. Refused with <see cref="ConsensusRefusalReason.NodeFenced"/> for a fenced generation.
    /// </summary>
    public async Task<ConsensusOutcome<SessionAnswer>> OpenSessionAsync(
        OpenSessionRequest request, CancellationToken cancel)
    {
        for (var opening = 1; ; opening++)
        {
            var call = new EndpointCall(HttpMethod.Post, ConsensusRoutes.Sessions, request)
            {
                Mark = RequestMarks.OfOpening(),
            };
            var outcome = await _transport.SendAsync<SessionAnswer>(call, cancel);
            if (opening == OpeningsMax || outcome.Refusal is not { Reason: ConsensusRefusalReason.SessionEnded })
                return outcome;
        }
    }

    /// <summary>
    /// Keeps a session alive. The lease counts from when the caller sent this, so a caller that counts notes the time
    /// before the call, and keeps <paramref name="deadline"/> short.
    /// </summary>
    /// <param name="session">Which one.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <param name="deadline">Instead of <see cref="ConsensusClientOptions.Deadline"/>.</param>
    /// <param name="attempt">
    /// What one voter may take when all are asked for the first time, doubled with each further time, never above what
    /// other calls give it.
    /// </param>
    public Task<ConsensusOutcome<SessionAnswer>> KeepAliveAsync(
        SessionId session, CancellationToken cancel, TimeSpan? deadline = null, TimeSpan? attempt = null) =>
        _transport.SendAsync<SessionAnswer>(
            new EndpointCall(HttpMethod.Post, ConsensusRoutes.KeepAlive(session.ToString()))
            {
                Deadline = deadline,
                FirstAttempt = attempt,
                IsRoutine = true,
            },
            cancel);

    /// <summary>Mints a newer token for a session.</summary>
    public Task<ConsensusOutcome<SessionAnswer>> AdvanceSessionAsync(SessionId session, CancellationToken cancel) =>
        ChangeAsync<SessionAnswer>(session, ConsensusRoutes.AdvanceSession(session.ToString()), null, cancel);

    /// <summary>Ends a session; one that has ended already is fine. Null when done.</summary>
    public async Task<ConsensusRefusal?> CloseSessionAsync(SessionId session, CancellationToken cancel)
    {
        var call = new EndpointCall(HttpMethod.Delete, ConsensusRoutes.Session(session.ToString()));
        var refusal = (await SendAsync<Nothing>(call, session, cancel)).Refusal;
        return refusal is { IsSessionOver: true } ? null : refusal;
    }

    /// <summary>A session as it is now; null where there is none.</summary>
    public Task<SessionAnswer?> SessionAsync(SessionId session, CancellationToken cancel) =>
        FindAsync<SessionAnswer>(ConsensusRoutes.Session(session.ToString()), cancel);

    /// <summary>All sessions that have not ended.</summary>
    public async Task<IReadOnlyList<SessionAnswer>> SessionsAsync(CancellationToken cancel) =>
        (await GetAsync<List<SessionAnswer>>(ConsensusRoutes.Sessions, cancel)).Demand();

    /// <summary>Queues for an election, or answers as before when the session holds it or waits already.</summary>
    public Task<ConsensusOutcome<ElectionAnswer>> CampaignAsync(
        ElectionName election, SessionId session, CancellationToken cancel) =>
        ChangeAsync<ElectionAnswer>(session, ConsensusRoutes.Campaign(election.Value), By(session), cancel);

    /// <summary>Gives an election up, or stops waiting for it.</summary>
    public Task<ConsensusOutcome<ElectionAnswer>> ResignAsync(
        ElectionName election, SessionId session, CancellationToken cancel) =>
        ChangeAsync<ElectionAnswer>(session, ConsensusRoutes.Resign(election.Value), By(session), cancel);

    /// <summary>Mints a newer token for the holder of an election.</summary>
    public Task<ConsensusOutcome<ElectionAnswer>> AdvanceElectionAsync(
        ElectionName election, SessionId session, CancellationToken cancel) =>
        ChangeAsync<ElectionAnswer>(session, ConsensusRoutes.AdvanceElection(election.Value), By(session), cancel);

    /// <summary>An election as it is now; null where nobody ever campaigned.</summary>
    public Task<ElectionAnswer?> ElectionAsync(ElectionName election, CancellationToken cancel) =>
        FindAsync<ElectionAnswer>(ConsensusRoutes.Election(election.Value), cancel);

    /// <summary>
    /// Asks to fence a node. <see cref="FenceAnswer.Outcome"/> <c>refused</c> and <c>retry</c> are answers, not
    /// refusals of the call. Not marked: a fence that is there is the answer to every repeat.
    /// </summary>
    public Task<ConsensusOutcome<FenceAnswer>> FenceAsync(
        FenceRequest request, string? traceParent, CancellationToken cancel) =>
        _transport.SendAsync<FenceAnswer>(
            new EndpointCall(HttpMethod.Post, ConsensusRoutes.Fence, request) { TraceParent = traceParent }, cancel);

    /// <summary>The newest fence of a node; null where it was never fenced.</summary>
    public Task<FenceAnswer?> FenceAsync(NodeId node, CancellationToken cancel) =>
        FindAsync<FenceAnswer>(ConsensusRoutes.FenceOf(node.Value), cancel);

    /// <summary>What is known of a token; null where it was never minted.</summary>
    public Task<TokenAnswer?> TokenAsync(Token token, CancellationToken cancel) =>
        FindAsync<TokenAnswer>(ConsensusRoutes.Token(token.ToString()), cancel);

    /// <summary>
    /// Writes a definition. With <paramref name="onlyIfAbsent"/> refused with
    /// <see cref="ConsensusRefusalReason.AlreadyExists"/> where one is; without <paramref name="by"/> that one may be
    /// the caller's own, after a lost answer, so read it.
    /// </summary>
    /// <param name="key">For instance <c>graintype/order</c>.</param>
    /// <param name="json">The JSON text, at most 64 KiB.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <param name="onlyIfAbsent">Writes only where none is.</param>
    /// <param name="by">A session of the caller's, under which it is carried out once; null: as often as sent.</param>
    public Task<ConsensusOutcome<DefinitionAnswer>> PutDefinitionAsync(
        string key, string json, CancellationToken cancel, bool onlyIfAbsent = false, SessionId? by = null) =>
        SendAsync<DefinitionAnswer>(
            new EndpointCall(HttpMethod.Put, ConsensusRoutes.Definition(key), json) { OnlyIfAbsent = onlyIfAbsent },
            by,
            cancel);

    /// <summary>A definition; null where there is none.</summary>
    public Task<DefinitionAnswer?> DefinitionAsync(string key, CancellationToken cancel) =>
        FindAsync<DefinitionAnswer>(ConsensusRoutes.Definition(key), cancel);

    /// <summary>
    /// Everything Consensus holds, from one voter, or from whichever answers first; it may lag behind the leader's.
    /// </summary>
    public async Task<ConsensusSnapshot> SnapshotAsync(
        CancellationToken cancel, Uri? voter = null, TimeSpan? deadline = null) =>
        (await _transport.SendAsync<ConsensusSnapshot>(
            new EndpointCall(HttpMethod.Get, ConsensusRoutes.Snapshot) { At = voter, Deadline = deadline },
            cancel)).Demand();

    /// <summary>
    /// Hands Raft's leadership to a voter, or to the one whose log is the furthest, before work on a machine. Refused
    /// with <see cref="ProblemCodes.TransferFailed"/> when it did not take over; the leader is then the one it was.
    /// Carried out once: without a voter it is the leader that the voters know of when this is called who gives its
    /// place up, and where another leads by then nothing is done.
    /// </summary>
    public async Task<ConsensusOutcome<TransferAnswer>> TransferLeadershipAsync(NodeId? to, CancellationToken cancel)
    {
        if (to is { } voter)
            return await PostAsync<TransferAnswer>(
                ConsensusRoutes.Transfer, new TransferRequest { To = voter.Value }, cancel);
        var known = (await _transport.SendAsync<ConsensusStatus>(
            new EndpointCall(HttpMethod.Get, ConsensusRoutes.Status)
            {
                IsEnough = static answer => answer is ConsensusStatus { Leader: not null },
            },
            cancel)).Demand();
        return await PostAsync<TransferAnswer>(
            ConsensusRoutes.Transfer, new TransferRequest { FromTerm = known.Term }, cancel);
    }

    /// <summary>
    /// Adds, promotes and removes voters, as a whole or not at all; answered once the change is committed. Needs an
    /// operator's token. A refusal names its reason (<see cref="ConsensusRefusal.Code"/>), such as
    /// <c>learnerNotCaughtUp</c>. After a lost answer the same request may be refused as done.
    /// </summary>
    public Task<ConsensusOutcome<MembersAnswer>> ChangeMembersAsync(
        MembersRequest request, CancellationToken cancel) =>
        PostAsync<MembersAnswer>(ConsensusRoutes.Members, request, cancel);

    /// <summary>Who is in the group, as one voter knows it, or whichever answers first.</summary>
    public async Task<IReadOnlyList<VoterAnswer>> MembersAsync(CancellationToken cancel, Uri? voter = null) =>
        (await _transport.SendAsync<List<VoterAnswer>>(
            new EndpointCall(HttpMethod.Get, ConsensusRoutes.Members) { At = voter }, cancel)).Demand();

    /// <summary>What one voter goes by.</summary>
    public async Task<ConfigAnswer> ConfigAsync(Uri voter, CancellationToken cancel) =>
        (await _transport.SendAsync<ConfigAnswer>(
            new EndpointCall(HttpMethod.Get, ConsensusRoutes.Config) { At = voter }, cancel)).Demand();

    /// <summary>
    /// Changes what one voter goes by, at that voter only and until it restarts or reads its configuration again. Needs
    /// an operator's token. Refused with the legal range of each value that is not, or as
    /// <see cref="ProblemCodes.UnsafeSetting"/>; then nothing was changed.
    /// </summary>
    public Task<ConsensusOutcome<ConfigAnswer>> ChangeConfigAsync(
        Uri voter, ConfigRequest request, CancellationToken cancel) =>
        _transport.SendAsync<ConfigAnswer>(
            new EndpointCall(HttpMethod.Put, ConsensusRoutes.Config, request) { At = voter }, cancel);

    /// <summary>
    /// One voter takes a snapshot of its own state now and forgets the log before it. Needs an operator's token.
    /// Refused with <see cref="ProblemCodes.SnapshotInProgress"/>, <see cref="ProblemCodes.SnapshotBeingSent"/> or
    /// <see cref="ProblemCodes.NothingNew"/>, which may follow a lost answer.
    /// </summary>
    public Task<ConsensusOutcome<SnapshotTakenAnswer>> TakeSnapshotAsync(Uri voter, CancellationToken cancel) =>
        _transport.SendAsync<SnapshotTakenAnswer>(
            new EndpointCall(HttpMethod.Post, ConsensusRoutes.TakeSnapshot) { At = voter }, cancel);

    /// <summary>The state of one voter, or of whichever answers first.</summary>
    public async Task<ConsensusStatus> StatusAsync(CancellationToken cancel, Uri? voter = null) =>
        (await _transport.SendAsync<ConsensusStatus>(
            new EndpointCall(HttpMethod.Get, ConsensusRoutes.Status) { At = voter }, cancel)).Demand();

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static ConsensusUnavailableException Unavailable(string what, Exception? inner)
    {
        Telemetry.Unavailable.Add(1);
        return new ConsensusUnavailableException(what, inner);
    }

    private static CampaignRequest By(SessionId session) => new() { Session = session.ToString() };

    private Task<ConsensusOutcome<T>> PostAsync<T>(string path, object? body, CancellationToken cancel)
        where T : class => _transport.SendAsync<T>(new EndpointCall(HttpMethod.Post, path, body), cancel);

    private Task<ConsensusOutcome<T>> ChangeAsync<T>(
        SessionId by, string path, object? body, CancellationToken cancel)
        where T : class => SendAsync<T>(new EndpointCall(HttpMethod.Post, path, body), by, cancel);

    private async Task<ConsensusOutcome<T>> SendAsync<T>(EndpointCall call, SessionId? by, CancellationToken cancel)
        where T : class
    {
        if (by is not { } session) return await _transport.SendAsync<T>(call, cancel);
        var began = Stopwatch.GetTimestamp();
        using var turn = await _turns.TryTakeAsync(session, _deadline, cancel)
            ?? throw Unavailable($"Too many changes of session {session} are under way; not sent: {call.Path}.", null);
        call = call with { Mark = _marks.Of(session) };
        var waited = Stopwatch.GetElapsedTime(began);
        if (waited > LeastDeadline)
            call = call with { Deadline = _deadline - waited > LeastDeadline ? _deadline - waited : LeastDeadline };
        var outcome = await _transport.SendAsync<T>(call, cancel);

        // So many later calls of the session were answered meanwhile that this one's answer is gone.
        return outcome.Refusal is { Code: ProblemCodes.RequestForgotten } forgotten
            ? throw Unavailable(forgotten.Detail, inner: null)
            : outcome;
    }

    private Task<ConsensusOutcome<T>> GetAsync<T>(string path, CancellationToken cancel)
        where T : class => _transport.SendAsync<T>(new EndpointCall(HttpMethod.Get, path), cancel);

    private async Task<T?> FindAsync<T>(string path, CancellationToken cancel)
        where T : class
    {
        var outcome = await GetAsync<T>(path, cancel);
        return outcome.Refusal is { Status: 404 } ? null : outcome.Demand();
    }
}
