using System.Text.Json;
using Holdfast.Contracts.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// Errors as <c>application/problem+json</c> (RFC 9457) with a stable <c>code</c> of <see cref="ProblemCodes"/>:
/// programs decide by the code, people read the detail.
/// </summary>
public static class Problem
{
    /// <summary>An answer that says what is wrong, and what would be legal.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">One of <see cref="ProblemCodes"/>.</param>
    /// <param name="detail">A sentence for people.</param>
    /// <param name="members">Further members, such as <c>leader</c>.</param>
    public static IResult Answer(
        int status, string code, string detail, params IReadOnlyList<(string Name, object? Value)> members)
    {
        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code };
        foreach (var (name, value) in members) extensions[name] = value;
        return Results.Problem(
            detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status), extensions: extensions);
    }

    /// <summary>400 with <see cref="ProblemCodes.InvalidRequest"/>.</summary>
    public static IResult Invalid(string detail) =>
        Answer(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, detail);

    /// <summary>404 with <see cref="ProblemCodes.NotFound"/>.</summary>
    public static IResult NotFound(string detail) =>
        Answer(StatusCodes.Status404NotFound, ProblemCodes.NotFound, detail);

    internal static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = AnswerExceptionAsync,

            // What a caller did wrong is no error of ours; the handler logs the rest.
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException,
        });
        app.UseStatusCodePages(pages => OfStatus(pages.HttpContext).ExecuteAsync(pages.HttpContext));
    }

    private static Task AnswerExceptionAsync(HttpContext context)
    {
        var exception = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (exception is BadHttpRequestException bad) return OfBadRequest(context, bad).ExecuteAsync(context);
        var loggers = context.RequestServices.GetRequiredService<ILoggerFactory>();
        var logger = loggers.CreateLogger(typeof(Problem).FullName!);
        Log.RequestFailed(logger, context.Request.Method, context.Request.Path, exception);
        return Answer(
            StatusCodes.Status500InternalServerError,
            ProblemCodes.InternalError,
            "The service failed to answer; its log says why.").ExecuteAsync(context);
    }

    private static IResult OfBadRequest(HttpContext context, BadHttpRequestException bad) =>
        bad.StatusCode == StatusCodes.Status413PayloadTooLarge
            ? TooLarge(context)
            : Answer(
                bad.StatusCode,
                ProblemCodes.InvalidRequest,
                bad.InnerException is JsonException json ? json.Message : bad.Message);

    private static IResult TooLarge(HttpContext context)
    {
        var own = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize;
        var usual = context.RequestServices.GetRequiredService<HttpOptions>().BodyBytesMax;
        return Answer(
            StatusCodes.Status413PayloadTooLarge,
            ProblemCodes.TooLarge,
            own is { } bytes
                ? $"The body is larger than the {bytes} bytes that {context.Request.Path} takes."
                : $"The body is larger than the {usual} bytes of Http:BodyBytesMax.");
    }

    private static IResult OfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => NotFound($"{context.Request.Path} is not served here."),
        StatusCodes.Status405MethodNotAllowed => Answer(
            StatusCodes.Status405MethodNotAllowed,
            ProblemCodes.MethodNotAllowed,
            $"{context.Request.Path} takes {context.Response.Headers.Allow}, not {context.Request.Method}."),
        StatusCodes.Status413PayloadTooLarge => TooLarge(context),
        StatusCodes.Status415UnsupportedMediaType => Answer(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemCodes.InvalidRequest,
            "The body must be application/json."),
        var status => Answer(status, ProblemCodes.InvalidRequest, ReasonPhrases.GetReasonPhrase(status)),
    };
}
