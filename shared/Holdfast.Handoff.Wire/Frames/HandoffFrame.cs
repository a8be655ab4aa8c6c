namespace Holdfast.Handoff.Wire;

/// <summary>A message with the version it was written in.</summary>
public readonly record struct HandoffFrame(ushort Version, HandoffMessage Message);

/// <summary>What the bytes at hand are.</summary>
public enum FrameStatus
{
    /// <summary>A frame was read.</summary>
    Complete,

    /// <summary>So far nothing is wrong, and it goes on.</summary>
    NeedMoreBytes,

    /// <summary>The length is too small to hold a version.</summary>
    TooShort,

    /// <summary>The length is above <see cref="HandoffCodec.LengthMax"/>.</summary>
    TooLarge,

    /// <summary>The length is legal, and the body is no message.</summary>
    Malformed,
}
