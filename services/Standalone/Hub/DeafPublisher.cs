using Holdfast.Contracts;
using Holdfast.Hosting;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// A bus that confirms everything and delivers nothing: what <c>demo --break bus</c> puts in its place.
/// </summary>
internal sealed class DeafPublisher : IEventPublisher
{
    public Task PublishAsync(IEvent message, string? traceParent, CancellationToken cancel) => Task.CompletedTask;
}
