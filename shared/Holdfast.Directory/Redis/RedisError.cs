using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>What kind of trouble an error of Redis or of its client is.</summary>
internal static class RedisError
{
    /// <summary>The scripts are not known there: never loaded, flushed, or another master.</summary>
    public const string NoScript = "NOSCRIPT";

    // A master that moved, starts, or is busy, and a connection that was not authenticated yet.
    private static readonly string[] Passing =
    [
        "READONLY", "CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "LOADING", "MASTERDOWN", "BUSY", "NOAUTH", "NOPERM",
        "NOREPLICAS",
        NoScript,

        // The client's own words, thrown as the server's: it was sent to a node of the cluster that is just dying.
        "Endpoint ",
    ];

    private static readonly string? Library = typeof(ConnectionMultiplexer).Assembly.GetName().Name;

    /// <summary>Whether an error comes from Redis or the way to it, and not from a bug of ours.</summary>
    public static bool IsRedis(Exception error) =>
        error is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException ||
        IsRace(error);

    /// <summary>
    /// Whether the client met what another of its threads had just given up: a connection that is lost while it is made
    /// (StackExchange.Redis#1260).
    /// </summary>
    private static bool IsRace(Exception error) => error is NullReferenceException && error.Source == Library;

    /// <summary>Whether the file of the password could not be read.</summary>
    public static bool IsFile(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>Whether the same call may succeed soon. All operations may be repeated.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        RedisServerException server => Passing.Any(code => HasCode(server, code)),
        TimeoutException => false,
        _ => IsRedis(error),
    };

    /// <summary>Whether the connection has not the rights it should have.</summary>
    public static bool IsUnauthenticated(Exception error) =>
        error is RedisServerException server && (HasCode(server, "NOAUTH") || HasCode(server, "NOPERM"));

    /// <summary>What an operator has to see to; a script's own words are Redis' words about its commands.</summary>
    public static DirectoryTrouble TroubleOf(Exception error) => error switch
    {
        RedisServerException server when HasCode(server, "NOPERM") || IsForbidden(server) =>
            DirectoryTrouble.NoPermission,
        RedisServerException server when HasCode(server, "READONLY") => DirectoryTrouble.ReadOnly,
        RedisServerException server when HasCode(server, "OOM") => DirectoryTrouble.OutOfMemory,
        RedisServerException server when HasCode(server, "WRONGTYPE") => DirectoryTrouble.Foreign,
        _ when IsShutOut(error) => DirectoryTrouble.WrongPassword,
        _ => DirectoryTrouble.NoAnswer,
    };

    /// <summary>
    /// Whether the server ended the handshake for want of a password (<c>NOAUTH</c>). The library sends its password
    /// without hearing that it is refused (<c>WRONGPASS</c>), so a wrong one comes to the same.
    /// </summary>
    private static bool IsShutOut(Exception? error) => error is not null &&
        (error is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } ||
            IsShutOut(error.InnerException));

    /// <summary>
    /// Whether the server answered the PING of a handshake with an error; <c>LOADING</c> and <c>NOAUTH</c> have kinds
    /// of their own. The library does not say which error it was.
    /// </summary>
    public static bool IsRefusedPing(Exception? error) => error is not null &&
        (error is RedisConnectionException { FailureType: ConnectionFailureType.ProtocolFailure } ||
            IsRefusedPing(error.InnerException));

    // Inside a script a missing right has no code of its own.
    private static bool IsForbidden(RedisServerException error) =>
        error.Message.Contains("The user executing the script", StringComparison.Ordinal);

    public static bool HasCode(RedisServerException error, string code) =>
        error.Message.StartsWith(code, StringComparison.Ordinal) ||
        error.Message.Contains($" -{code} ", StringComparison.Ordinal);

    /// <summary>A short name of the error for metrics: the server's code, or the exception's type.</summary>
    public static string CodeOf(Exception error) => error is RedisServerException
        ? Passing.FirstOrDefault(code => error.Message.StartsWith(code, StringComparison.Ordinal))?.TrimEnd() ?? "ERR"
        : error.GetType().Name;
}
