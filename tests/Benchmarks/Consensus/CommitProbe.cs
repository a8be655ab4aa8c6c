using System.Diagnostics;
using System.Net.Sockets;
using Holdfast.Benchmarks.Clusters;
using Holdfast.Benchmarks.Load;

namespace Holdfast.Benchmarks.Consensus;

/// <summary>
/// Sends a small write to each of some members every two milliseconds, whatever became of those before, and notices the
/// first that is acknowledged. A client with one request outstanding would measure its own patience where a member
/// passed the request on to a leader that is gone.
/// </summary>
internal sealed class CommitProbe : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Line> _lines;

    public CommitProbe(IStoreCluster cluster, IEnumerable<Member> members) =>
        _lines = [.. members.Select(member => new Line(member, cluster.NewWire()))];

    /// <returns>When the first write was acknowledged that was sent after <paramref name="since"/>.</returns>
    public long AwaitCommit(long since)
    {
        for (var next = since; Stopwatch.GetElapsedTime(since) < Patience; next += Ticks(Pace))
        {
            foreach (var line in _lines) line.Ask();
            do
            {
                foreach (var line in _lines)
                    if (line.IsAcknowledged()) return Stopwatch.GetTimestamp();
            }
            while (Stopwatch.GetTimestamp() < next);
        }

        throw new MeasurementFailedException($"Within {Patience} nothing was committed after the leader was lost.");
    }

    public void Dispose()
    {
        foreach (var line in _lines) line.Dispose();
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>A connection to one member.</summary>
    private sealed class Line : IDisposable
    {
        private const int PollMicroseconds = 300;

        private readonly Socket _socket;
        private readonly IStoreWire _wire;
        private readonly OutBuffer _out = new();
        private readonly byte[] _received = new byte[256 * 1024];
        private readonly List<StoreAnswer> _answers = [];
        private int _filled;
        private int _asked;

        public Line(Member member, IStoreWire wire)
        {
            _wire = wire;
            _socket = new Socket(member.Clients.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _socket.Connect(member.Clients);
            wire.Open(_out);
        }

        public void Ask()
        {
            _wire.TryPut(_out, _asked++, "probe"u8, "probe"u8);
            var bytes = _out.Written.Span;
            while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
            _out.Clear();
        }

        public bool IsAcknowledged()
        {
            if (!_socket.Poll(PollMicroseconds, SelectMode.SelectRead)) return false;
            var count = _socket.Receive(_received.AsSpan(_filled));
            if (count == 0) throw new MeasurementFailedException("A member that was not lost closed the connection.");
            _filled += count;
            var taken = _wire.Take(_received.AsSpan(0, _filled), _out, _answers);
            _received.AsSpan(taken, _filled - taken).CopyTo(_received);
            _filled -= taken;
            var isAcknowledged = _answers.Exists(static answer => answer.IsDone);
            _answers.Clear();
            return isAcknowledged;
        }

        public void Dispose() => _socket.Dispose();
    }
}
