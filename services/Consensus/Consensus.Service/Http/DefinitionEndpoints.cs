using System.Text;
using System.Text.Json;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Contracts.Http;
using Holdfast.Hosting;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Consensus.Service.Http;

/// <summary><c>/v1/definitions/{key}</c>: small JSON documents; the body of a PUT is the document itself.</summary>
internal static class DefinitionEndpoints
{
    public static void MapDefinitions(this IEndpointRouteBuilder app)
    {
        var definitions = app.MapGroup("/v1/definitions");
        definitions.MapGet("{**key}", ShowAsync);
        definitions.MapPut("{**key}", PutAsync).RequireService(IsReserved);
        definitions.MapDelete("{**key}", (HttpContext context, string key, LeaderGate gate) => gate.ChangeAsync(
            context, new CoordinationCommand.DeleteDefinition(KeyOf(key)), _ => Results.NoContent()))
            .RequireService(IsReserved);
    }

    private static bool IsReserved(HttpContext context) =>
        context.GetRouteValue("key") is string key && ReservedKeys.Contains(Decoded(key));

    private static Task<IResult> ShowAsync(HttpContext context, string key, LeaderGate gate)
    {
        var wanted = KeyOf(key);
        return gate.ReadAsync(context, state => state.Definitions.TryGetValue(wanted.Value, out var definition)
            ? Results.Ok(Answers.Of(definition))
            : Problem.NotFound($"There is no definition {wanted}."));
    }

    private static async Task<IResult> PutAsync(HttpContext context, string key, LeaderGate gate)
    {
        if (await ReadDocumentAsync(context) is not { } document)
        {
            return Refusals.Answer(
                RefusalCode.DefinitionTooLarge,
                $"A definition has at most {CoordinationLimits.DefinitionBytesMax} bytes.");
        }

        var put = new CoordinationCommand.PutDefinition(
            KeyOf(key), document, IsOnlyIfAbsent(context.Request.Headers.IfNoneMatch));
        return await gate.ChangeAsync(
            context, put, answer => Results.Ok(Answers.Of(((CoordinationAnswer.DefinitionState)answer).Definition)));
    }

    /// <summary>Null for one that is too large.</summary>
    private static async Task<string?> ReadDocumentAsync(HttpContext context)
    {
        var body = new byte[CoordinationLimits.DefinitionBytesMax + 1];
        var read = await context.Request.Body.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (read > CoordinationLimits.DefinitionBytesMax) return null;
        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(0, read));
            return Encoding.UTF8.GetString(body, 0, read);
        }
        catch (JsonException notJson)
        {
            throw new BadHttpRequestException($"The body must be a JSON document: {notJson.Message}", notJson);
        }
    }

    private static bool IsOnlyIfAbsent(string? ifNoneMatch) => ifNoneMatch switch
    {
        null or "" => false,
        ConsensusRoutes.OnlyIfAbsentValue => true,
        _ => throw new BadHttpRequestException(
            $"{HeaderNames.IfNoneMatch} is '{ifNoneMatch}'; only '{ConsensusRoutes.OnlyIfAbsentValue}' is legal."),
    };

    private static DefinitionKey KeyOf(string path) => RequestRules.KeyOf(Decoded(path));

    private static string Decoded(string path) => path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
