using System.Net.Sockets;
using System.Text;

namespace Holdfast.Servers;

/// <summary>Asks a server whether it serves, in its own protocol: an open port says less.</summary>
internal sealed class ServerProbe
{
    /// <summary>The protocol header of AMQP 0-9-1; a broker answers with a method frame, which begins with 1.</summary>
    public static readonly ServerProbe Amqp = new("AMQP\0\0\u0009\u0001", answer => answer[0] == 1);

    /// <summary>PONG, or NOAUTH where a password is wanted; LOADING is not yet.</summary>
    public static readonly ServerProbe Redis = new(
        "PING\r\n",
        answer => Encoding.ASCII.GetString(answer) is var text &&
            (text.StartsWith("+PONG", StringComparison.Ordinal) || text.Contains("NO", StringComparison.Ordinal)));

    /// <summary>
    /// A start-up message of protocol 3.0; an authentication request (R) comes once it serves, an error before.
    /// </summary>
    public static readonly ServerProbe PostgreSql = new(
        "\0\0\0\u0029\0\u0003\0\0user\0postgres\0database\0postgres\0\0", answer => answer[0] == 'R');

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AttemptPatience = TimeSpan.FromSeconds(2);

    private readonly byte[] _question;
    private readonly Func<byte[], bool> _isAnswer;

    private ServerProbe(string question, Func<byte[], bool> isAnswer) =>
        (_question, _isAnswer) = (Encoding.Latin1.GetBytes(question), isAnswer);

    /// <summary>Completes when the server serves.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not serve in time.</exception>
    public async Task ServesAsync(string host, int port, Func<bool> hasEnded, Func<string> lastWords)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(Pace);
        while (!await AnswersAsync(host, port))
        {
            if (hasEnded())
                throw new InvalidOperationException($"The server for {host}:{port} ended at start. {lastWords()}");
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new InvalidOperationException(
                    $"Nothing serves at {host}:{port} after {Patience}. {lastWords()}", late);
            }
        }
    }

    private async Task<bool> AnswersAsync(string host, int port)
    {
        using var attempt = new CancellationTokenSource(AttemptPatience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, attempt.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(_question, attempt.Token);
            var answer = new byte[64];
            var length = await stream.ReadAsync(answer, attempt.Token);
            return length > 0 && _isAnswer(answer[..length]);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
