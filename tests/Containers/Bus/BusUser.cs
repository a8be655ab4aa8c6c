using System.Text.Json;
using Holdfast.Containers.Compose;
using Holdfast.Contracts;
using Holdfast.Integration.Subscribers;

namespace Holdfast.Containers.Bus;

/// <summary>What one user of the broker does, from Python as a program in any language would.</summary>
internal sealed class BusUser(string user, Uri amqp)
{
    private const string Python = "/usr/bin/python3";
    private const int AmqpPort = 5672;

    public string Name => user;

    public Uri Amqp => amqp;

    /// <summary>The user with its password.</summary>
    public static async Task<BusUser> OfAsync(ComposeSet set, string user) =>
        await OfAsync(set, user, set.Secret($"bus-{user}"));

    /// <summary>The user with any password.</summary>
    public static async Task<BusUser> OfAsync(ComposeSet set, string user, string password)
    {
        var broker = await set.AddressAsync("rabbitmq", AmqpPort);
        return new BusUser(user, new Uri($"amqp://{user}:{password}@{broker.Authority}/%2f"));
    }

    /// <summary>Subscribes under a queue of its own.</summary>
    public Task<PythonSubscriber> SubscribeAsync(params Type[] events) => PythonSubscriber.StartAsync(
        Amqp, $"{user}.witness.{Guid.NewGuid():n}", [.. events.Select(EventIdentity.ExchangeOf)]);

    /// <summary>Sends a command; returns the kind of the answer and the answer.</summary>
    public async Task<(string Kind, JsonElement Body)> SendAsync(string command, object body)
    {
        var ended = await Shell.DemandAsync(
            Python, [Script("command.py"), Amqp.AbsoluteUri, command, JsonSerializer.Serialize(body)]);
        using var answer = JsonDocument.Parse(ended.Output);
        return (answer.RootElement[0].GetString() ?? "", answer.RootElement[1].Clone());
    }

    /// <summary>Tries each <c>verb:name</c>; returns what the broker said to each and to the connection.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TryAsync(params string[] attempts)
    {
        var ended = await Shell.DemandAsync(Python, [Script("attempts.py"), Amqp.AbsoluteUri, .. attempts]);
        return ended.Lines.Select(Parse).ToDictionary(StringComparer.Ordinal);

        static KeyValuePair<string, string> Parse(string line)
        {
            using var pair = JsonDocument.Parse(line);
            return new(pair.RootElement[0].GetString() ?? "", pair.RootElement[1].GetString() ?? "");
        }
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Bus", name);
}
