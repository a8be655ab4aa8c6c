using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Directory.Redis;

/// <summary>What a Sentinel says.</summary>
/// <param name="Address">The master's address, <c>host:port</c>.</param>
/// <param name="Epoch">The version of that address: whoever has a higher one knows of a later switch.</param>
internal sealed record SentinelAnswer(string Address, ulong Epoch);

/// <summary>
/// One Sentinel, asked over a connection that is kept. StackExchange.Redis 1.2.6 could ask one too, with a connection
/// of two sockets, no deadline and no user; this is two commands of the protocol (RESP2).
/// </summary>
internal sealed class SentinelConnection(string endpoint, DirectoryOptions options) : IDisposable
{
    // A Sentinel says some forty things about a master, each as name and value.
    private const int PartsMax = 256;

    // The longest of them names the flags of a master, some hundred characters.
    private const int LineLengthMax = 4_096;

    private readonly char[] _read = new char[LineLengthMax];

    private TcpClient? _client;
    private StreamReader? _reader;
    private int _next;
    private int _end;

    /// <summary>Where the master is; never asked twice at once.</summary>
    /// <exception cref="SentinelException">It cannot be reached, or does not know.</exception>
    public async Task<SentinelAnswer> AskAsync(CancellationToken cancel)
    {
        try
        {
            if (_client is null) await ConnectAsync(cancel);
            await SendAsync(cancel, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.SentinelMaster]);
            await SendAsync(cancel, ["SENTINEL", "MASTER", options.SentinelMaster]);
            var address = await ReadAsync(cancel);
            if (address is not [var host, var port])
                throw new SentinelException($"{endpoint} knows no master '{options.SentinelMaster}'.");
            var about = await ReadAsync(cancel);
            var field = Array.IndexOf(about, "config-epoch");
            var epoch = field >= 0 && field < about.Length - 1
                ? ulong.Parse(about[field + 1], CultureInfo.InvariantCulture)
                : 0;
            return new SentinelAnswer($"{host}:{port}", epoch);
        }
        catch (Exception broken) when (
            broken is IOException or SocketException or OperationCanceledException or FormatException
                or OverflowException or UnauthorizedAccessException or SentinelException)
        {
            // Half an answer may be under way.
            Dispose();
            throw broken as SentinelException ?? new SentinelException($"{endpoint}: {broken.Message}", broken);
        }
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _client?.Dispose();
        (_client, _reader) = (null, null);
        (_next, _end) = (0, 0);
    }

    private async Task ConnectAsync(CancellationToken cancel)
    {
        var (host, port) = RedisEndpoint.Split(endpoint);
        _client = new TcpClient { NoDelay = true };
        await _client.ConnectAsync(host, port, cancel);
        _reader = new StreamReader(_client.GetStream(), Encoding.UTF8);
        if (options.SentinelPasswordFile is not { } file) return;
        var password = (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n');
        await SendAsync(cancel, options.SentinelUser is { } user ? ["AUTH", user, password] : ["AUTH", password]);
        await ReadAsync(cancel);
    }

    private async Task SendAsync(CancellationToken cancel, params string[] parts)
    {
        var command = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{parts.Length}\r\n");
        foreach (var part in parts)
            command.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        await _client!.GetStream().WriteAsync(Encoding.UTF8.GetBytes(command.ToString()), cancel);
    }

    /// <summary>An answer as its texts: an array's, or one. What a Sentinel says of itself has no line ends.</summary>
    private async Task<string[]> ReadAsync(CancellationToken cancel)
    {
        var first = await LineAsync(cancel);
        if (first.StartsWith('-')) throw Refusal(first[1..]);
        if (!first.StartsWith('*')) return [first.StartsWith('$') ? await LineAsync(cancel) : first];
        var count = int.Parse(first.AsSpan(1), CultureInfo.InvariantCulture);
        if (count > PartsMax) throw NoSentinel($"it answers {count} parts");
        var parts = new List<string>();
        for (var i = 0; i < count; i++)
        {
            // Arrays in arrays would have no end.
            if (!(await LineAsync(cancel)).StartsWith('$')) throw NoSentinel("a part of an answer is no text");
            parts.Add(await LineAsync(cancel));
        }

        return [.. parts];
    }

    private async Task<string> LineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_next == _end)
            {
                (_next, _end) = (0, await _reader!.ReadAsync(_read.AsMemory(), cancel));
                if (_end == 0) throw new IOException("the connection was closed");
            }

            var one = _read[_next++];
            if (one == '\n') return line.ToString().TrimEnd('\r');
            if (line.Length == LineLengthMax) throw NoSentinel("a line of an answer has no end");
            line.Append(one);
        }
    }

    private SentinelException NoSentinel(string why) => new($"{endpoint} is no Sentinel: {why}.");

    private SentinelException Refusal(string said)
    {
        if (said.StartsWith("ERR unknown command", StringComparison.Ordinal))
            return new SentinelException($"{endpoint} is no Sentinel.");
        return said.StartsWith("NOAUTH", StringComparison.Ordinal)
            ? new SentinelException($"{endpoint} wants a password (Directory:SentinelPasswordFile).")
            : new SentinelException($"{endpoint} answered: {said}");
    }
}

/// <summary>A Sentinel could not say where the master is.</summary>
internal sealed class SentinelException(string why, Exception? inner = null) : Exception($"Sentinel {why}", inner)
{
    /// <summary>Which one, and why.</summary>
    public string Why { get; } = why;
}
