using Holdfast.Primitives;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.AspNetCore;

/// <summary>Compares before the endpoint begins, and answers in its place where it must not.</summary>
internal sealed class EpochFilter(EpochRequirement requirement) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (Read(http, out var ownership) is { } wrong) return wrong;

        // Before the gate: an epoch that nobody was given must not close it.
        if (await UnverifiedAsync(ownership, http.RequestAborted) is { } unverified) return unverified;
        http.Features.Set(ownership);
        if (requirement.Gate is not { } gate) return await next(context);
        try
        {
            var guarded = await gate.GuardAsync(
                ownership.Grain.ToString(),
                ownership.Epoch,
                async _ => await next(context),
                http.RequestAborted);
            return guarded.Passed ? guarded.Result : EpochProblems.Stale(ownership, guarded.Highest);
        }
        catch (EpochGateFullException full)
        {
            return EpochProblems.Full(full.Message);
        }
    }

    /// <summary>What is wrong with the headers; null when nothing is.</summary>
    private IResult? Read(HttpContext http, out RequestOwnership ownership)
    {
        ownership = new RequestOwnership(default, Epoch.None);
        var grains = http.Request.Headers[EpochHeaders.Grain];
        var epochs = http.Request.Headers[EpochHeaders.Epoch];
        if (epochs.Count == 0) return EpochProblems.Required(EpochHeaders.Epoch);
        if (epochs.Count > 1 || !Epoch.TryParse(epochs[0], out var epoch))
            return EpochProblems.Malformed(epochs.ToString());

        GrainId? named = null;
        if (grains.Count > 0)
        {
            if (grains.Count > 1 || !EpochHeaders.TryRead(grains[0], out var read))
                return EpochProblems.NoGrain(grains.ToString());
            named = read;
        }

        if (requirement.GrainOf is { } grainOf)
        {
            if (grainOf(http) is not { } written) return EpochProblems.NoGrain(http.Request.Path);
            if (named is { } other && other != written) return EpochProblems.OtherGrain(other, written);
            named = written;
        }

        if (named is not { } grain) return EpochProblems.Required(EpochHeaders.Grain);
        ownership = new RequestOwnership(grain, epoch);
        return null;
    }

    private async ValueTask<IResult?> UnverifiedAsync(RequestOwnership ownership, CancellationToken cancel)
    {
        // External types bring epochs of their own, whose tokens Consensus never minted.
        if (requirement.Check is not { } check || ownership.Grain.IsExternal) return null;
        var verdict = await check.AskAsync(ownership.Epoch.Token, cancel);
        return check.Admits(verdict) ? null : EpochProblems.NotAdmitted(ownership, verdict);
    }
}
