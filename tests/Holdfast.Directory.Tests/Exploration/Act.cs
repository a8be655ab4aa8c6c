using Holdfast.Directory.Embedded;
using Holdfast.Primitives;

namespace Holdfast.Directory.Tests.Exploration;

/// <summary>Something that may happen; where it is about what is held, only to who held it before.</summary>
internal sealed record Act(
    string What, Func<EmbeddedGrainDirectory, Task<string>>? Run, Loss Loss = Loss.None, HeldBy? Held = null);

/// <summary>Who held a grain, and under which epoch.</summary>
internal sealed record HeldBy(Epoch Epoch, SessionId Session);
