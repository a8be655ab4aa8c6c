using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.Contracts.Http;

namespace Holdfast.Client;

/// <summary>An <c>application/problem+json</c> answer, or what stands in for it where a proxy answered.</summary>
internal sealed record ProblemAnswer
{
    public string Code { get; init; } = "";

    public string? Title { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>The voter that leads.</summary>
    public string? Leader { get; init; }

    /// <summary>The instance of another service that acts.</summary>
    public string? Holder { get; init; }

    /// <summary>The highest epoch that a guarded resource has seen.</summary>
    public string? Highest { get; init; }

    public int Status { get; init; }

    public static async Task<ProblemAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        ProblemAnswer? read = null;
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true)
        {
            try
            {
                read = await response.Content.ReadFromJsonAsync<ProblemAnswer>(EndpointTransport.Json, cancel);
            }
            catch (JsonException e)
            {
                read = new ProblemAnswer { Detail = $"unreadable problem: {e.Message}" };
            }
        }

        read ??= new ProblemAnswer();
        return read with
        {
            Status = status,
            Code = read.Code.Length > 0 ? read.Code : $"http{status}",
            Detail = read.Detail.Length > 0 ? read.Detail : read.Title ?? response.ReasonPhrase ?? "",
        };
    }

    public ConsensusRefusal ToRefusal() => new(ReasonOf(Code), Code, Detail, Status);

    private static ConsensusRefusalReason ReasonOf(string code) => code switch
    {
        ProblemCodes.SessionUnknown => ConsensusRefusalReason.SessionUnknown,
        ProblemCodes.SessionRevoked => ConsensusRefusalReason.SessionRevoked,
        ProblemCodes.SessionEnded => ConsensusRefusalReason.SessionEnded,
        ProblemCodes.NodeFenced => ConsensusRefusalReason.NodeFenced,
        ProblemCodes.NotHolder => ConsensusRefusalReason.NotHolder,
        ProblemCodes.AlreadyExists => ConsensusRefusalReason.AlreadyExists,
        ProblemCodes.NotFound => ConsensusRefusalReason.NotFound,
        ProblemCodes.InvalidRequest => ConsensusRefusalReason.InvalidRequest,
        ProblemCodes.Unauthorized => ConsensusRefusalReason.Unauthorized,
        _ => ConsensusRefusalReason.Other,
    };
}
