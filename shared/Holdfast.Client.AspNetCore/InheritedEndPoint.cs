using System.Net;
using Holdfast.Client.Handoff;

namespace Holdfast.Client.AspNetCore;

/// <summary>A listener that the supervisor made and keeps.</summary>
internal sealed class InheritedEndPoint(InheritedListener listener) : EndPoint
{
    public InheritedListener Listener { get; } = listener;

    public override string ToString() => $"inherited:{Listener.Name}";
}
