using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.Client.AspNetCore;

/// <summary>
/// The answers of a guarded endpoint, as <c>application/problem+json</c> (RFC 9457) with a stable <c>code</c> of
/// <see cref="ProblemCodes"/>. <see cref="Stale"/> is for endpoints whose store compares.
/// </summary>
public static class EpochProblems
{
    private const string EpochShape = "16 hex digits, '-', 16 hex digits are wanted.";

    /// <summary>
    /// 412 <see cref="ProblemCodes.EpochStale"/>: the writer does not own the grain any more. The members
    /// <c>grain</c>, <c>epoch</c> and <c>highest</c> say what it came with and what it lacks.
    /// </summary>
    public static IResult Stale(RequestOwnership ownership, Epoch highest)
    {
        ArgumentNullException.ThrowIfNull(ownership);
        return Answer(
            StatusCodes.Status412PreconditionFailed,
            ProblemCodes.EpochStale,
            $"{ownership.Grain} was written under {highest} already, which is above {ownership.Epoch}.",
            ("grain", ownership.Grain.ToString()),
            ("epoch", ownership.Epoch.ToString()),
            ("highest", highest.ToString()));
    }

    internal static IResult Required(string header) => Answer(
        StatusCodes.Status428PreconditionRequired, ProblemCodes.EpochRequired, $"The header {header} is wanted.");

    internal static IResult Malformed(string epoch) => Answer(
        StatusCodes.Status400BadRequest,
        ProblemCodes.EpochMalformed,
        $"{EpochHeaders.Epoch} is '{epoch}', which is not an epoch: {EpochShape}");

    internal static IResult NoGrain(string grain) => Answer(
        StatusCodes.Status400BadRequest,
        ProblemCodes.InvalidRequest,
        $"'{grain}' names no grain: type/key, the key percent-encoded, is wanted.");

    internal static IResult OtherGrain(GrainId named, GrainId written) => Answer(
        StatusCodes.Status400BadRequest,
        ProblemCodes.InvalidRequest,
        $"{EpochHeaders.Grain} is '{named}', but the request writes to '{written}'.");

    internal static IResult Full(string detail) =>
        Answer(StatusCodes.Status409Conflict, ProblemCodes.LimitReached, detail);

    internal static IResult NotAdmitted(RequestOwnership ownership, TokenVerdict verdict) => verdict switch
    {
        TokenVerdict.Over => OfToken(
            StatusCodes.Status409Conflict,
            ProblemCodes.TokenOver,
            ownership,
            "its holder has no right to it any more"),
        TokenVerdict.Unknown => OfToken(
            StatusCodes.Status409Conflict, ProblemCodes.TokenUnknown, ownership, "Consensus does not know it"),
        _ => OfToken(
            StatusCodes.Status503ServiceUnavailable,
            ProblemCodes.TokenUnverified,
            ownership,
            "Consensus does not say whether it still counts"),
    };

    private static IResult OfToken(int status, string code, RequestOwnership ownership, string why) => Answer(
        status,
        code,
        $"Token {ownership.Epoch.Token} of {ownership.Epoch}: {why}.",
        ("grain", ownership.Grain.ToString()),
        ("epoch", ownership.Epoch.ToString()));

    private static IResult Answer(
        int status, string code, string detail, params ReadOnlySpan<(string Name, string Value)> members)
    {
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code };
        foreach (var (name, value) in members) extensions[name] = value;
        return Results.Problem(
            detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status), extensions: extensions);
    }
}
