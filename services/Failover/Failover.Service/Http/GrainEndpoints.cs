using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Hosting;
using Holdfast.Primitives;

namespace Holdfast.Failover.Service.Http;

/// <summary><c>/v1/grains/{type}/{**key}</c> and <c>/v1/history/{type}/{**key}</c>: who owns it, and why.</summary>
internal static class GrainEndpoints
{
    private const int HistoryEntriesMax = 100;

    public static void MapGrains(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/grains/{type}/{**key}", LookupAsync);
        app.MapGet("/v1/history/{type}/{**key}", HistoryAsync);
    }

    private static async Task<IResult> LookupAsync(
        string type, string? key, IGrainDirectory directory, CancellationToken cancel)
    {
        if (GrainId.Problem(type, key) is { } problem) return Problem.Invalid(problem);
        try
        {
            var answer = (await directory.LookupAsync([new GrainId(type, key!)], cancel))[0];
            return answer.Status switch
            {
                DirectoryStatus.Ok => Results.Ok(GrainRecordAnswer.Of(answer.Record!)),
                DirectoryStatus.NotFound => Problem.NotFound($"Nobody has claimed {type}/{key}."),
                var status => Unavailable($"The directory answers {status}."),
            };
        }
        catch (DirectoryUnavailableException failure)
        {
            return Unavailable(failure.Message);
        }
    }

    private static async Task<IResult> HistoryAsync(
        string type, string? key, IGrainDirectory directory, CancellationToken cancel)
    {
        if (GrainId.Problem(type, key) is { } problem) return Problem.Invalid(problem);
        try
        {
            var answer = await directory.HistoryAsync(new GrainId(type, key!), HistoryEntriesMax, cancel);
            return answer.Status == DirectoryStatus.Ok
                ? Results.Ok(answer.Entries.Select(entry => new GrainHistoryAnswer
                {
                    At = entry.At,
                    Cause = entry.Cause,
                    Seq = entry.Seq,
                    Record = GrainRecordAnswer.Of(entry.Record),
                }))
                : Unavailable($"The directory answers {answer.Status}.");
        }
        catch (DirectoryUnavailableException failure)
        {
            return Unavailable(failure.Message);
        }
    }

    private static IResult Unavailable(string why) =>
        Problem.Answer(StatusCodes.Status503ServiceUnavailable, ProblemCodes.DirectoryUnavailable, why);
}
