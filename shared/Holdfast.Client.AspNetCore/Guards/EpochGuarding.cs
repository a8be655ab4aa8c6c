using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.AspNetCore;

/// <summary>What an endpoint demands of a write.</summary>
public sealed record EpochRequirement
{
    /// <summary>
    /// Refuses a lower epoch than it has seen, and lets one request per grain run the endpoint at a time. Absent: the
    /// endpoint's own store compares (<see cref="RedisGuardedWrite"/>, <see cref="SqlEpochGuard"/>), with what
    /// <see cref="EpochGuarding.Ownership"/> gives it.
    /// </summary>
    public EpochGate? Gate { get; init; }

    /// <summary>Asks Consensus first whether the epoch's holder still has its right. Absent: nobody is asked.</summary>
    public TokenCheck? Check { get; init; }

    /// <summary>
    /// The grain that the request writes to, for instance from its route; null where it names none. A writer that names
    /// another is refused: otherwise it could pass under the epoch of a grain that it owns and write to one that it
    /// does not. Absent: the header is believed, and the endpoint must write to that grain and no other.
    /// </summary>
    public Func<HttpContext, GrainId?>? GrainOf { get; init; }
}

/// <summary>For which grain and under which epoch a request writes.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Epoch">The epoch under which the writer believes to own it.</param>
public sealed record RequestOwnership(GrainId Grain, Epoch Epoch);

/// <summary>Endpoints that only the owner of a grain may write through.</summary>
public static class EpochGuarding
{
    /// <summary>
    /// Demands <see cref="EpochHeaders"/> of every request to the endpoint (of a minimal API), and refuses a stale
    /// one before the endpoint begins; docs/protocols/guards.md lists the answers.
    /// </summary>
    public static TBuilder RequireEpoch<TBuilder>(this TBuilder endpoint, EpochRequirement? requirement = null)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(new EpochFilter(requirement ?? new EpochRequirement()));

    /// <summary>The same, behind a gate.</summary>
    public static TBuilder RequireEpoch<TBuilder>(this TBuilder endpoint, EpochGate gate)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireEpoch(new EpochRequirement { Gate = gate });

    /// <summary>What a request to such an endpoint said of itself.</summary>
    /// <exception cref="InvalidOperationException">The endpoint demands no epoch.</exception>
    public static RequestOwnership Ownership(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<RequestOwnership>() ??
            throw new InvalidOperationException($"{context.Request.Path} was mapped without RequireEpoch.");
    }
}
