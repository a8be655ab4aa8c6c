using System.ComponentModel.DataAnnotations;

namespace Holdfast.Hosting;

/// <summary>The transports a bus can have.</summary>
public enum BusTransport
{
    /// <summary>A RabbitMQ broker.</summary>
    RabbitMq,

    /// <summary>Inside this process only; hosts of one process share one <see cref="EventBus"/>.</summary>
    Memory,
}

/// <summary>Where the bus is and how it is used.</summary>
public sealed record BusOptions
{
    public const string Section = "Bus";

    /// <summary><c>rabbitmq</c> or <c>memory</c>. Default: rabbitmq.</summary>
    public BusTransport Transport { get; init; } = BusTransport.RabbitMq;

    /// <summary>The broker's host name or address. Default: localhost.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>The broker's AMQP port. From 1 to 65535, default 5672.</summary>
    [Range(1, 65535)]
    public int Port { get; init; } = 5672;

    /// <summary>The virtual host. Default: /.</summary>
    public string VirtualHost { get; init; } = "/";

    /// <summary>Who connects. Default: guest.</summary>
    public string Username { get; init; } = "guest";

    /// <summary>
    /// The password, for development; elsewhere use <see cref="PasswordFile"/>. Default: guest, where no file is named.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>A file whose first line is the password. Default: none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>
    /// How long a publish waits for the broker's confirmation before it fails and the event is owed. Longer rides
    /// out longer hiccups, shorter notices a dead broker sooner. From 100 ms to 1 min, default 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PublishDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often an event is given to a handler that throws before it goes to the dead-letter queue. Part of a
    /// queue's identity: a queue that exists keeps the one it was made with, and a different one is refused by the
    /// broker. From 1 to 100, default 5.
    /// </summary>
    [Range(1, 100)]
    public int DeliveryLimit { get; init; } = 5;

    /// <summary>
    /// Events the broker sends ahead to one subscription. More hides latency, fewer bounds what is redelivered after
    /// a crash. From 1 to 10,000, default 64.
    /// </summary>
    [Range(1, 10_000)]
    public int Prefetch { get; init; } = 64;

    /// <summary>
    /// The first pause after a failed delivery or publish, doubled with each repetition up to 64 times as long.
    /// Shorter is quicker well again and asks a sick handler or broker more often. From 1 ms to 1 min, default 100 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a stopping host goes on publishing what it owes. From 0 to 1 min, default 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The password that counts.</summary>
    internal string EffectivePassword =>
        PasswordFile is null ? Password ?? "guest" : File.ReadLines(PasswordFile).First().Trim();

    /// <summary>What <see cref="RetryPause"/> has grown to after so many failures.</summary>
    public TimeSpan PauseAfter(long failures) => RetryPause * (1 << (int)Math.Clamp(failures, 0, 6));

    internal static IEnumerable<string> Relations(BusOptions options)
    {
        if (options.Password is not null && options.PasswordFile is not null)
            yield return "Bus:Password and Bus:PasswordFile are both set; wanted is one of the two.";
        if (options.PasswordFile is { } file && Unreadable(file) is { } problem)
            yield return $"Bus:PasswordFile is '{file}'; wanted is a file whose first line is the password. {problem}";
    }

    private static string? Unreadable(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } ? null : "It is empty.";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return unreadable.Message;
        }
    }
}
