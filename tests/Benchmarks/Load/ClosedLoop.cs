using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Benchmarks.Load;

/// <summary>What one run of writes came to.</summary>
internal sealed record LoadResult(double WritesPerSecond, double MedianMs, double P99Ms);

/// <summary>
/// Clients that each have one request outstanding, spread over a few connections. Each connection is one thread that
/// waits in the kernel, takes all answers that came, writes the next request of each answered client, and sends them
/// together: as little work for the client's side as there can be, the same for both systems.
/// </summary>
internal sealed class ClosedLoop : IDisposable
{
    private const int ReceiveBytes = 256 * 1024;
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly IStoreWire _wire;
    private readonly OutBuffer _out = new();
    private readonly byte[] _received = new byte[ReceiveBytes];
    private readonly List<StoreAnswer> _answers = [];
    private readonly Queue<int> _held = new();
    private int _filled;

    public ClosedLoop(IPEndPoint server, IStoreWire wire)
    {
        _wire = wire;
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.ReceiveTimeout = (int)AnswerPatience.TotalMilliseconds;
        _socket.Connect(server);
        wire.Open(_out);
    }

    /// <summary>Writes for a while; what was answered before <paramref name="warm"/> is over is not counted.</summary>
    /// <returns>The time from request to answer of each write, in ticks of the stopwatch.</returns>
    public List<long> Write(KeyLedger ledger, int firstClient, int clients, TimeSpan warm, TimeSpan duration)
    {
        var latencies = new List<long>(100_000);
        var began = new long[clients];
        var value = new byte[KeyLedger.ValueBytes];
        new Random(firstClient).NextBytes(value);
        var started = Stopwatch.GetTimestamp();
        var countFrom = started + Ticks(warm);
        var end = countFrom + Ticks(duration);

        bool Begin(int client)
        {
            ledger.NextValue(client, value);
            if (!_wire.TryPut(_out, client, ledger.NextKey(client), value)) return false;
            ledger.Sent(client);
            began[client - firstClient] = Stopwatch.GetTimestamp();
            return true;
        }

        void Answered(StoreAnswer answer, long now)
        {
            if (!answer.IsDone) throw new MeasurementFailedException("A write was refused.");
            ledger.Acknowledged(answer.Client);
            if (now >= countFrom && now < end) latencies.Add(now - began[answer.Client - firstClient]);
        }

        Drive(Enumerable.Range(firstClient, clients), Begin, Answered, () => Stopwatch.GetTimestamp() < end);
        return latencies;
    }

    /// <summary>Reads keys, a bounded number at a time, and hands each value out.</summary>
    public void Read(KeyLedger ledger, IEnumerable<int> keys, Action<int, byte[]?> found)
    {
        const int atOnce = 64;
        using var rest = keys.GetEnumerator();
        var current = new int[atOnce];

        bool Begin(int client) => _wire.TryGet(_out, client, ledger.KeyOf(current[client]));

        bool Next(int client)
        {
            if (!rest.MoveNext()) return false;
            current[client] = rest.Current;
            return true;
        }

        void Answered(StoreAnswer answer, long now)
        {
            if (!answer.IsDone) throw new MeasurementFailedException("A read was refused.");
            found(current[answer.Client], answer.Value);
        }

        Drive(Enumerable.Range(0, atOnce).Where(Next).ToList(), Begin, Answered, goesOn: null, Next);
    }

    /// <summary>One request alone; the answer.</summary>
    public StoreAnswer Ask(Action<OutBuffer> request)
    {
        request(_out);
        Send();
        while (_answers.Count == 0) Receive();
        var answer = _answers[0];
        _answers.Clear();
        return answer;
    }

    public void Dispose() => _socket.Dispose();

    private void Drive(
        IEnumerable<int> clients,
        Func<int, bool> begin,
        Action<StoreAnswer, long> answered,
        Func<bool>? goesOn,
        Func<int, bool>? next = null)
    {
        var outstanding = 0;
        foreach (var client in clients) Start(client);
        Send();
        while (outstanding > 0)
        {
            Receive();
            var now = Stopwatch.GetTimestamp();
            var more = goesOn?.Invoke() ?? true;
            foreach (var answer in _answers)
            {
                outstanding--;
                answered(answer, now);
                if (more && next?.Invoke(answer.Client) != false) Start(answer.Client);
            }

            _answers.Clear();
            for (var held = _held.Count; held > 0; held--) Retry(_held.Dequeue());
            Send();
        }

        void Start(int client)
        {
            outstanding++;
            Retry(client);
        }

        void Retry(int client)
        {
            if (!begin(client)) _held.Enqueue(client);
        }
    }

    private void Send()
    {
        var bytes = _out.Written.Span;
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
        _out.Clear();
    }

    private void Receive()
    {
        var count = _socket.Receive(_received.AsSpan(_filled));
        if (count == 0) throw new MeasurementFailedException("The server closed the connection.");
        _filled += count;
        var taken = _wire.Take(_received.AsSpan(0, _filled), _out, _answers);
        _received.AsSpan(taken, _filled - taken).CopyTo(_received);
        _filled -= taken;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
