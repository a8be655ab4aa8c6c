using System.Globalization;
using System.Text;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Requests;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Http;

/// <summary>Requests as commands of the core, or the rule they break.</summary>
internal static class RequestRules
{
    private static readonly TimeSpan SilenceMax = TimeSpan.FromDays(365);

    /// <exception cref="BadHttpRequestException">A field is illegal.</exception>
    public static CoordinationCommand.OpenSession Read(OpenSessionRequest request)
    {
        Demand((request.Node is null) == (request.Generation is null), "node and generation come together.");
        Demand(
            request.Ttl >= CoordinationLimits.TtlMin && request.Ttl <= CoordinationLimits.TtlMax,
            $"ttl is {request.Ttl}; {CoordinationLimits.TtlMin} to {CoordinationLimits.TtlMax} is legal.");
        Demand(
            request.Name is null || IsLegalLabel(request.Name),
            $"name may have {CoordinationLimits.NameBytesMax} bytes and no control characters.");
        Demand(request.Agent != true || request.Node is not null, "agent wants node and generation.");
        return new(
            ClusterOf(request.Cluster),
            request is { Node: { } node, Generation: { } generation }
                ? new Residence(NodeOf("node", node), GenerationOf(generation))
                : null,
            request.Ttl,
            request.Name,
            request.Agent ?? false);
    }

    /// <exception cref="BadHttpRequestException">A field is illegal.</exception>
    public static CoordinationCommand.FenceNode Read(FenceRequest request)
    {
        Demand(
            request.SilentFor >= TimeSpan.Zero && request.SilentFor <= SilenceMax,
            $"silentFor is {request.SilentFor}; 0 to {SilenceMax} is legal.");
        Demand(
            request.Observers?.Count <= CoordinationLimits.EvidenceMax && request.Observers.All(one => one is not null),
            $"observers must be a list of at most {CoordinationLimits.EvidenceMax}, none of them null.");
        var cause = Words.ValueOf<FenceCause>(request.Cause);
        Demand(cause is not null, $"cause is '{request.Cause}'; legal are {Words.Of<FenceCause>()}.");
        return new(
            NodeOf("node", request.Node),
            ClusterOf(request.Cluster),
            GenerationOf(request.Generation),
            cause!.Value,
            NodeOf("reporter", request.Reporter),
            request.SilentFor,
            [.. request.Observers!.Select(Read)]);
    }

    /// <exception cref="BadHttpRequestException">A field is illegal.</exception>
    public static CoordinationCommand.DirectoryLost Read(DirectoryLostRequest request)
    {
        var evidence = Words.ValueOf<LossEvidence>(request.Evidence ?? Words.Of(LossEvidence.Gen));

        // A field that is required may still be null on the wire.
        if (request is not { Gen: { } gen, Run: { } run })
            throw new BadHttpRequestException("gen and run must be text; null is none.");
        Demand(evidence is not null, $"evidence is '{request.Evidence}'; legal are {Words.Of<LossEvidence>()}.");
        try
        {
            return new(new LostMemory(request.Shard, gen, request.Seq, run), evidence!.Value);
        }
        catch (FormatException illegal)
        {
            throw new BadHttpRequestException(illegal.Message, illegal);
        }
    }

    /// <summary>
    /// The mark of a request: <c>session/number</c>, or a number where it opens a session; null without one.
    /// </summary>
    /// <exception cref="BadHttpRequestException">
    /// It is neither, or names another session than the one that acts.
    /// </exception>
    public static RequestTag? MarkOf(string? header, CoordinationCommand command)
    {
        if (string.IsNullOrEmpty(header)) return null;
        var slash = header.IndexOf('/');
        var isOpening = command is CoordinationCommand.OpenSession;
        Demand(
            slash < 0 == isOpening,
            $"{ConsensusRoutes.RequestHeader} is '{header}'; " + (isOpening
                ? "what opens a session is marked by a number."
                : "a session and a number are wanted, with '/' between them."));
        Demand(
            ulong.TryParse(header.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) &&
                number is >= 1 and <= RequestLimits.NumberMax,
            $"{ConsensusRoutes.RequestHeader} is '{header}'; numbers are from 1 to {RequestLimits.NumberMax}.");
        if (isOpening) return new RequestTag(null, number);
        var session = SessionOf(header[..slash]);
        Demand(
            ActorOf(command) is not { } actor || actor == session,
            $"{ConsensusRoutes.RequestHeader} names session {session}, and another one acts.");
        return new RequestTag(session, number);
    }

    /// <exception cref="BadHttpRequestException">The text is no session id.</exception>
    public static SessionId SessionOf(string text) => SessionId.TryParse(text, out var id)
        ? id
        : throw new BadHttpRequestException($"'{text}' is not a session id: 16 hex digits are wanted.");

    /// <exception cref="BadHttpRequestException">The text is no token.</exception>
    public static Token TokenOf(string text) => Token.TryParse(text, out var token)
        ? token
        : throw new BadHttpRequestException($"'{text}' is not a token: 16 hex digits are wanted.");

    /// <exception cref="BadHttpRequestException">The text is no node id.</exception>
    public static NodeId NodeOf(string field, string text)
    {
        Demand(NodeId.IsLegal(text), $"{field} is '{text}'; 1 to 128 characters of A-Z a-z 0-9 . _ - are legal.");
        return new NodeId(text);
    }

    /// <exception cref="BadHttpRequestException">The text is no election name.</exception>
    public static ElectionName ElectionOf(string text)
    {
        Demand(
            ElectionName.IsLegal(text),
            $"'{text}' is not an election name: names of A-Z a-z 0-9 . _ - joined by '/', at most 128 characters.");
        return new ElectionName(text);
    }

    /// <exception cref="BadHttpRequestException">The text is no key.</exception>
    public static DefinitionKey KeyOf(string text)
    {
        Demand(
            DefinitionKey.IsLegal(text),
            $"'{text}' is not a key: names of A-Z a-z 0-9 . _ - joined by '/', at most 128 characters.");
        return new DefinitionKey(text);
    }

    private static SessionId? ActorOf(CoordinationCommand command) => command switch
    {
        CoordinationCommand.AdvanceSession advance => advance.Session,
        CoordinationCommand.CloseSession close => close.Session,
        CoordinationCommand.Campaign campaign => campaign.Session,
        CoordinationCommand.Resign resign => resign.Session,
        CoordinationCommand.AdvanceElection advance => advance.Session,
        _ => null,
    };

    private static Evidence Read(ObserverEvidence observer)
    {
        Demand(double.IsFinite(observer.Phi), "phi of an observer must be a finite number.");
        Demand(
            observer.SilentForMs >= 0 && observer.SilentForMs <= SilenceMax.TotalMilliseconds,
            $"silentForMs of an observer is {observer.SilentForMs}; 0 to {SilenceMax.TotalMilliseconds} is legal.");
        return new Evidence(
            NodeOf("nodeId of an observer", observer.NodeId),
            ClusterOf(observer.ClusterId),
            observer.Phi,
            TimeSpan.FromMilliseconds(observer.SilentForMs));
    }

    private static ClusterId ClusterOf(string text)
    {
        Demand(
            ClusterId.IsLegal(text), $"cluster is '{text}'; 1 to 128 characters of A-Z a-z 0-9 . _ - are legal.");
        return new ClusterId(text);
    }

    private static Generation GenerationOf(ulong value)
    {
        Demand(value > 0, "generation is 0; it rises with every boot, from 1.");
        return new Generation(value);
    }

    private static bool IsLegalLabel(string text) =>
        Encoding.UTF8.GetByteCount(text) <= CoordinationLimits.NameBytesMax && !text.Any(char.IsControl);

    private static void Demand(bool legal, string detail)
    {
        if (!legal) throw new BadHttpRequestException(detail);
    }
}
