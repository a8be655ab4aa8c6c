namespace Holdfast.Handoff.Wire;

/// <summary>The discriminants of <see cref="HandoffMessage"/> on the wire, in the order of a handoff.</summary>
internal static class MessageKind
{
    public const uint Hello = 0;
    public const uint HelloAck = 1;
    public const uint PrepareHandoff = 2;
    public const uint Drained = 3;
    public const uint SealRequest = 4;
    public const uint SealProgress = 5;
    public const uint SealComplete = 6;
    public const uint SealFailed = 7;
    public const uint Begin = 8;
    public const uint Ready = 9;
    public const uint Commit = 10;
    public const uint Abort = 11;
    public const uint ResumeAfterAbort = 12;
    public const uint Heartbeat = 13;
}
