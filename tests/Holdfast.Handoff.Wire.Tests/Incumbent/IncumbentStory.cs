using Holdfast.Primitives;
using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Incumbent;

/// <summary>An incumbent with a paper shell: what it is told to do is noted, and ends when the test says so.</summary>
internal sealed class IncumbentStory(bool isFenced = true)
{
    public static readonly HandoffId Handoff = new(Guid.Parse("00000000-0000-0000-0000-000000000001"));
    public static readonly HandoffId Other = new(Guid.Parse("00000000-0000-0000-0000-000000000002"));
    public static readonly HandoffTimings Timings = new();

    private static readonly ProcessIdentity Self = new(100, BuildId.FromText("v1"));
    private Instant _now = Instant.Zero;

    public IncumbentCore Core { get; } = new(Self, Timings, isFenced);

    /// <summary>What the last input led to, in a word each, without what goes to the log.</summary>
    public List<string> Did { get; } = [];

    public List<HandoffMessage> Sent { get; } = [];

    public int FenceAsks { get; private set; }

    public string Phase => Core.Phase.GetType().Name;

    public IncumbentStory Step(IncumbentInput input)
    {
        Did.Clear();
        foreach (var output in Core.Step(input, _now))
        {
            if (output is IncumbentOutput.Note) continue;
            if (output is IncumbentOutput.Send send) Sent.Add(send.Message);
            if (output is IncumbentOutput.ReadFence or IncumbentOutput.RaiseFence) FenceAsks++;
            Did.Add(output switch
            {
                IncumbentOutput.Send { Message: var message } => $"send {message.GetType().Name}",
                IncumbentOutput.End end => $"end {end.Why}",
                IncumbentOutput.Close close => $"close {close.Session}",
                _ => output.GetType().Name,
            });
        }

        return this;
    }

    public IncumbentStory Hear(HandoffMessage message, int session = 1, ushort version = 1) =>
        Step(new IncumbentInput.Heard(session, new HandoffFrame(version, message)));

    /// <summary>Time passes in small steps, each with a tick.</summary>
    public IncumbentStory Pass(TimeSpan time)
    {
        var all = new List<string>();
        var until = _now + time;
        while (_now < until)
        {
            _now += TimeSpan.FromMilliseconds(500);
            Step(new IncumbentInput.Tick());
            all.AddRange(Did);
        }

        Did.Clear();
        Did.AddRange(all);
        return this;
    }

    public IncumbentStory Greeted(int session = 1, HandoffId? handoff = null) =>
        Step(new IncumbentInput.Connected(session)).Hear(new HelloAck(1, handoff ?? Handoff), session);

    public IncumbentStory Draining() => Greeted().Hear(new PrepareHandoff(Handoff, 200, 60_000, 25_000));

    public IncumbentStory Drained() => Draining().Step(new IncumbentInput.Drained(0, AcceptClosed: true));

    public IncumbentStory Sealing() => Drained().Hear(new SealRequest(Handoff));

    public IncumbentStory Sealed() => Sealing().Step(new IncumbentInput.Sealed(new Revisions(7), default));

    public IncumbentStory FenceKnown() => Step(new IncumbentInput.FenceKnown(FenceAsks));

    public IncumbentStory FenceUnreachable() =>
        Step(new IncumbentInput.FenceUnreachable(FenceAsks, "out of reach"));
}
