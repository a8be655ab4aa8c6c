using System.Globalization;
using StackExchange.Redis;

namespace Holdfast.Directory.Redis;

/// <summary>What is said when a call came to nothing: what is wrong, where, and what is wanted instead.</summary>
internal sealed partial class RedisConnection
{
    private DirectoryUnavailableException Unavailable(RedisScript script, RedisKey key, Exception error)
    {
        var trouble = TroubleOf(error);
        return new DirectoryUnavailableException(Words(script, key, trouble, error), error) { Trouble = trouble };
    }

    private DirectoryTrouble TroubleOf(Exception error)
    {
        if (_isWrongPassword) return DirectoryTrouble.WrongPassword;
        var trouble = RedisError.TroubleOf(error);
        return trouble == DirectoryTrouble.NoAnswer && IsReplica() ? DirectoryTrouble.ReadOnly : trouble;
    }

    private string Words(RedisScript script, RedisKey key, DirectoryTrouble trouble, Exception error)
    {
        var where = $"Redis at {_options.RedisName}";
        var seconds = _options.Deadline.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var said = $"{where} answered {script.Name} with: {error.Message}";
        return trouble switch
        {
            DirectoryTrouble.WrongPassword => $"{where} {NotLetIn()}",
            DirectoryTrouble.NoPermission => $"{where} does not let the user '{_options.User ?? "default"}' " +
                $"{script.Name}; its access list must allow what deploy/access.sh lists: {error.Message}",
            DirectoryTrouble.ReadOnly => $"{where} is a replica, where nothing can be written; Directory:Redis must " +
                "name its master, or Directory:Sentinels who knows it.",
            DirectoryTrouble.OutOfMemory => $"{where} has no memory left for {script.Name}, nothing was changed; its " +
                $"maxmemory must be higher: {error.Message}",
            DirectoryTrouble.Foreign => $"{where} has something of another program in the place of a key of the " +
                $"directory beside {key}, nothing was changed; keys that begin with {{hf: must be left to it: " +
                error.Message,
            _ when RedisError.IsRefusedPing(error) => $"{where} refused the PING with which a connection begins; it " +
                "may be unable to write its files (MISCONF), of which its log and INFO persistence tell: " +
                error.Message,
            _ when error is TimeoutException => $"{where} did not answer {script.Name} within {seconds} s" +
                (_whyNotConnected is { } why ? $": {why}" : ""),
            _ => said,
        };
    }

    // The user's own password is sent once the handshake is over, which is done without a name.
    private string NotLetIn() => _options switch
    {
        { User: { } user } when _isWrongPassword => "does not take the password that Directory:PasswordFile " +
            $"('{_options.PasswordFile}') gives for Directory:User ('{user}').",
        { User: { } user } => "lets nobody shake hands without a password (NOAUTH), as is done before Directory:User " +
            $"('{user}') can be named: its user 'default' must be on, without a password, and may do what " +
            "deploy/access.sh lists for the nameless.",
        { PasswordFile: { } file } => $"does not take the password that Directory:PasswordFile ('{file}') gives for " +
            "the user 'default', since Directory:User is absent (WRONGPASS or NOAUTH): that user's password is " +
            "wanted, or Directory:User for whom it is.",
        _ => "wants a password (NOAUTH): Directory:PasswordFile (absent) must name a file with it, and " +
            "Directory:User whose it is where that is not the user 'default'.",
    };

    /// <summary>Whether all servers that answer are replicas. 1.2.6 sends them nothing, and says no why.</summary>
    private bool IsReplica()
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested || _link.Made is not { } multiplexer) return false;
            var servers = multiplexer.GetEndPoints().Select(endpoint => multiplexer.GetServer(endpoint)).ToList();
            return servers.Any(server => server.IsConnected) &&
                servers.Where(server => server.IsConnected).All(server => server.IsSlave);
        }
    }
}
