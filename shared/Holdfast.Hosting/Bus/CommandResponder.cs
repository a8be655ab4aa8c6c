using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Contracts;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>
/// Reads commands of one type, has each carried out once, and remembers the answers, so that a sender that heard
/// none can ask again. What survives no restart says so: the memory is in this process only.
/// </summary>
public sealed class CommandResponder<TCommand>(
    Func<TCommand, bool> concerns, Func<TCommand, CancellationToken, Task<ICommandAnswer>> handle, ILogger logger)
    where TCommand : class, ICommand
{
    /// <summary>Answers remembered; a repetition after more other commands is carried out again.</summary>
    private const int RememberedMax = 1024;

    private readonly Dictionary<Guid, ICommandAnswer> _answered = [];
    private readonly Queue<Guid> _order = new();

    private static string Fields => string.Join(", ", typeof(TCommand).GetProperties().Select(Describe));

    /// <summary>Called for one command at a time; null where the command is for somebody else.</summary>
    public async Task<ICommandAnswer?> AnswerAsync(byte[] body, CancellationToken cancel)
    {
        TCommand? command;
        try
        {
            command = JsonSerializer.Deserialize<TCommand>(body, ContractJson.Strict);
            if (command is null) return Malformed(body, "The body is null.");
        }
        catch (JsonException wrong)
        {
            return Malformed(body, wrong.Message);
        }

        if (!concerns(command)) return null;
        if (_answered.TryGetValue(command.CommandId, out var known)) return known;
        var answer = await CarryOutAsync(command, cancel);
        if (_order.Count == RememberedMax) _answered.Remove(_order.Dequeue());
        _order.Enqueue(command.CommandId);
        _answered[command.CommandId] = answer;
        return answer;
    }

    private async Task<ICommandAnswer> CarryOutAsync(TCommand command, CancellationToken cancel)
    {
        try
        {
            return await handle(command, cancel);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            Log.CommandFailed(logger, typeof(TCommand).Name, command.CommandId, failure);
            return new CommandRefused
            {
                CommandId = command.CommandId,
                Code = "failed",
                Detail = failure.Message,
                Legal = "Nothing is wrong with the command; it can be sent again, with a new id.",
            };
        }
    }

    private static CommandRefused Malformed(byte[] body, string detail) => new()
    {
        CommandId = IdOf(body),
        Code = "malformedCommand",
        Detail = detail,
        Legal = $"A JSON object with the fields {Fields}.",
    };

    private static string Describe(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var kind = type == typeof(Guid) ? "a UUID" : type == typeof(string) ? "text" : "a whole number";
        var wanted = property.IsDefined(typeof(RequiredMemberAttribute)) ? "" : ", optional";
        return $"{JsonNamingPolicy.CamelCase.ConvertName(property.Name)} ({kind}{wanted})";
    }

    // Even a malformed command may have a readable id, by which its sender knows the answer.
    private static Guid IdOf(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object &&
                json.RootElement.TryGetProperty("commandId", out var id) && id.TryGetGuid(out var known)
                    ? known
                    : Guid.Empty;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return Guid.Empty;
        }
    }
}
