using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Directory.Tests.Topologies;

/// <summary>A Sentinel that names another master each time it is asked, and calls each a later choice.</summary>
public sealed class FickleSentinel : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly string[] _masters;
    private readonly Task _answering;
    private int _asked;

    /// <param name="masters">In turn, <c>host:port</c>.</param>
    public FickleSentinel(params string[] masters)
    {
        _masters = masters;
        _listener.Start();
        _answering = AnswerAsync();
    }

    /// <summary><c>host:port</c>.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>How many times it was asked for the master.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _answering;
        _listener.Dispose();
        _closing.Dispose();
    }

    // Whoever asks has one connection, asks two things at once, and reads both before it asks again.
    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII);
                while (await reader.ReadLineAsync(_closing.Token) is { } line)
                {
                    var answer = line switch
                    {
                        "GET-MASTER-ADDR-BY-NAME" => Texts(_masters[Asked % _masters.Length].Split(':')),
                        "MASTER" => Texts(
                            "config-epoch", Interlocked.Increment(ref _asked).ToString(CultureInfo.InvariantCulture)),
                        _ => "",
                    };
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _closing.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private static string Texts(params string[] parts) =>
        $"*{parts.Length}\r\n" + string.Concat(parts.Select(part => $"${part.Length}\r\n{part}\r\n"));
}
