using Holdfast.Gossip.Protocol;

namespace Holdfast.Gossip.Service;

/// <summary>The words of the contracts for what the core says in types.</summary>
internal static class Words
{
    public const string Silence = "silence";
    public const string Left = "left";

    public static string Of(PeerState state) => state switch
    {
        PeerState.Up => "up",
        PeerState.Suspected => "suspected",
        PeerState.Down => "down",
        _ => Left,
    };

    public static string Of(UpReason reason) => reason switch
    {
        UpReason.Joined => "joined",
        UpReason.Restarted => "restarted",
        _ => "refuted",
    };

    public static string Of(Conviction conviction) => conviction.IsByWitness ? "witness" : "majority";

    public static string CauseOf(FenceWanted fence) => fence.IsLeave ? Left : Silence;

    public static string ReasonOf(PeerChange change) => change switch
    {
        PeerChange.Up up => Of(up.Reason),
        PeerChange.Suspected suspected => suspected.IsOwn ? "observed" : "heard",
        PeerChange.Down { Conviction: { } conviction } => Of(conviction),
        PeerChange.Down => "heard",
        PeerChange.Left left => left.Reason,
        _ => "",
    };
}
