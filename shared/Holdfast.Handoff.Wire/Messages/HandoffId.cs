namespace Holdfast.Handoff.Wire;

/// <summary>One attempt to hand a daemon over, chosen by the supervisor.</summary>
public readonly record struct HandoffId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}
