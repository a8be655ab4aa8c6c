using System.Text.Json;
using Holdfast.Contracts;

namespace Holdfast.Standalone.Hub;

/// <summary>A command on its way to whoever answers for it.</summary>
/// <param name="Type">The name of its record.</param>
/// <param name="TraceParent">The trace that caused it.</param>
/// <param name="Command">The command.</param>
internal sealed record CommandRequest(string? Type, string? TraceParent, JsonElement Command);

/// <summary>Asks for the commands of a type, to answer them.</summary>
/// <param name="Type">The name of its record.</param>
/// <param name="Queue">Who share one share the work; each other one gets all of them.</param>
internal sealed record StationRequest(string? Type, string? Queue);

/// <summary>An answer, or that the command is for somebody else.</summary>
/// <param name="Type"><c>CommandAccepted</c> or <c>CommandRefused</c>; absent: for somebody else.</param>
/// <param name="Answer">The answer.</param>
internal sealed record CommandReply(string? Type, JsonElement? Answer)
{
    public static readonly CommandReply ForSomebodyElse = new(null, null);

    public static CommandReply Of(ICommandAnswer? answer) => answer is null
        ? ForSomebodyElse
        : new(
            answer.GetType().Name,
            JsonSerializer.SerializeToElement(answer, answer.GetType(), ContractJson.Options));

    /// <summary>Null where the command is for somebody else.</summary>
    /// <exception cref="JsonException">It is no answer.</exception>
    public ICommandAnswer? Read() => Type switch
    {
        null => null,
        nameof(CommandAccepted) => Answer?.Deserialize<CommandAccepted>(ContractJson.Options) ?? throw Empty(),
        nameof(CommandRefused) => Answer?.Deserialize<CommandRefused>(ContractJson.Options) ?? throw Empty(),
        _ => throw new JsonException($"'{Type}' is no answer; legal are CommandAccepted and CommandRefused."),
    };

    private JsonException Empty() => new($"A {Type} without an answer.");
}

/// <summary>A command as it is given to one who answers.</summary>
/// <param name="Id">Names this delivery in the answer.</param>
/// <param name="TraceParent">The trace that caused it.</param>
/// <param name="Command">The command as it was sent, malformed or not.</param>
internal sealed record CommandDelivery(Guid Id, string? TraceParent, JsonElement Command);
