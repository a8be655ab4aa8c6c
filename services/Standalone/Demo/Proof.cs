using Holdfast.Standalone.Local;

namespace Holdfast.Standalone.Demo;

/// <summary>Something the demo shows, and waits for with a bound; the demo succeeds only when every one held.</summary>
/// <param name="Name">For programs.</param>
/// <param name="Claim">For people.</param>
/// <param name="Deadline">How long it may take.</param>
internal sealed record Proof(string Name, string Claim, TimeSpan Deadline)
{
    /// <summary>
    /// How long is waited for what was broken on purpose: about three times as long as it takes when it is whole.
    /// </summary>
    private static readonly TimeSpan BrokenDeadline = TimeSpan.FromSeconds(15);

    public static readonly Proof Started = new(
        "started", "a whole Holdfast came up, and processes of east own the grains", TimeSpan.FromSeconds(60));

    public static readonly Proof Placed = new(
        "placed", "every slot of a replica group runs on a host of east", TimeSpan.FromSeconds(60));

    public static readonly Proof Detected = new(
        "detected",
        "the survivors found both nodes of east dead, on the evidence of their observers",
        TimeSpan.FromSeconds(30));

    public static readonly Proof Fenced = new(
        "fenced", "Consensus fenced both nodes and revoked every session on them", TimeSpan.FromSeconds(60));

    public static readonly Proof GraceKept = new(
        "graceKept", "nothing moved before the grace was over", TimeSpan.Zero);

    public static readonly Proof Promoted = new(
        "promoted", "one other cluster owns every grain, each under a higher epoch", TimeSpan.FromSeconds(40));

    public static readonly Proof Claimed = new(
        "claimed", "live processes of that cluster hold and serve every grain", TimeSpan.FromSeconds(60));

    public static readonly Proof Announced = new(
        "announced", "a subscriber heard of every promotion", TimeSpan.FromSeconds(20));

    public static readonly Proof OneTrace = new(
        "oneTrace", "one trace leads from the conviction to every promotion", TimeSpan.Zero);

    public static readonly Proof StaleWriteRefused = new(
        "staleWriteRefused",
        "the old owner's writes were refused by the resource, the new owner's accepted",
        TimeSpan.FromSeconds(20));

    public static readonly Proof SlotsRecovered = new(
        "slotsRecovered",
        "every slot runs again, on live hosts of the group's new home and under a higher epoch, and was announced",
        TimeSpan.FromSeconds(40));

    public static readonly Proof HandedOver = new(
        "handedOver",
        "the daemon runs as the new build, its agent watches the new process, and the commit was announced",
        TimeSpan.FromSeconds(30));

    public static readonly Proof NoRequestFailed = new(
        "noRequestFailed", "not one request failed meanwhile", TimeSpan.FromSeconds(60));

    public static readonly Proof NothingLost = new(
        "nothingLost", "every acknowledged increment is in the daemon's file, once", TimeSpan.FromSeconds(5));

    /// <summary>How long it may take.</summary>
    /// <param name="broken">What was broken on purpose.</param>
    public TimeSpan DeadlineWith(Sabotage broken) =>
        this == FailedBy(broken) && BrokenDeadline < Deadline ? BrokenDeadline : Deadline;

    public override string ToString() => Name;

    private static Proof? FailedBy(Sabotage broken) => broken switch
    {
        Sabotage.Promoter => Promoted,
        Sabotage.Bus => Announced,
        Sabotage.Detector => Detected,
        Sabotage.Recovery => SlotsRecovered,
        Sabotage.Handoff => HandedOver,

        // A write that should be refused is accepted at once.
        Sabotage.Fence or Sabotage.None => null,
        _ => throw new ArgumentOutOfRangeException(nameof(broken), broken, "Not a part of the demo."),
    };
}

/// <summary>A proof did not hold.</summary>
internal sealed class ProofFailedException(Proof proof, string detail)
    : Exception($"{proof.Name}: it did not show that {proof.Claim}. {detail}")
{
    public Proof Proof { get; } = proof;

    public string Detail { get; } = detail;
}

/// <summary>
/// What the demo measured; times in milliseconds since the kill, but the pause of the handoff, which is the longest
/// that a client waited for an answer.
/// </summary>
internal sealed record DemoResult(
    long DetectMs,
    long FenceMs,
    long PromoteMs,
    long ClaimMs,
    int Grains,
    int TraceIds,
    bool StaleWriteRefused,
    int SlotsRecovered,
    long HandoffFailedRequests,
    long HandoffPauseMs);

/// <summary>What one process owns at the end.</summary>
internal sealed record OwnerShare(
    string Cluster, string Node, int Pid, int Grains, string SampleGrain, string SampleEpoch);
