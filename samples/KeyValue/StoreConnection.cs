using System.Net.Sockets;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.KeyValue;

/// <summary>
/// One client's connection, with a thread of its own that reads it. What came in together is proposed together, and
/// what is answered together goes out together. While too much waits for its answer or for the client to read, no more
/// is read.
/// </summary>
internal sealed class StoreConnection(Socket socket, RaftHost host, KeyValueMachine store) : IProposer
{
    private const int ReceiveBytes = 64 * 1024;
    private const int InFlightMax = 4096;

    private readonly AnswerStream _answers = new(socket);
    private readonly List<Proposal> _proposals = [];
    private List<(uint Tag, byte[] Key)> _gets = [];

    // What came in and is not read yet. Commands stay where they came in: a filled buffer is left to the log, and the
    // beginning of a frame at its end moves to a new one.
    private byte[] _received = new byte[ReceiveBytes];
    private int _read;
    private int _filled;

    public void Run()
    {
        try
        {
            while (TryReceive())
            {
                if (!TryTakeFrames()) return;
                Begin();
                _answers.AwaitRoom(InFlightMax);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The client is gone. What it proposed goes its way; nobody hears of it.
        }
        finally
        {
            Close();
        }
    }

    public void Close()
    {
        _answers.Close();
        socket.Dispose();
    }

    public void Answer(Proposal proposal, ProposeOutcome outcome)
    {
        var tag = (uint)proposal.Tag;
        switch (outcome)
        {
            case ProposeOutcome.Applied { Result: StoreStatus refused }:
                _answers.Add(tag, refused, []);
                break;
            case ProposeOutcome.Applied { Result: ulong first }:
                _answers.AddPlace(tag, first);
                break;
            case ProposeOutcome.Applied applied:
                _answers.AddPlace(tag, applied.Index);
                break;
            case ProposeOutcome.NotLeader refused:
                _answers.Add(tag, StoreStatus.NotLeader, NameOf(refused.Leader?.Value));
                break;
            case ProposeOutcome.Lost:
                _answers.Add(tag, StoreStatus.Unknown, []);
                break;
            case ProposeOutcome.TooLarge:
                _answers.Add(tag, StoreStatus.BadRequest, []);
                break;
            default:
                _answers.Add(tag, StoreStatus.Overloaded, []);
                break;
        }
    }

    public void Flush() => _answers.Flush();

    private static byte[] StateOf(RaftStatus status) => System.Text.Encoding.ASCII.GetBytes(
        $"{status.Term} {status.Role} {status.Leader?.Value ?? "-"} {status.AppliedIndex} {status.LastIndex}");

    private static ReadOnlySpan<byte> NameOf(string? leader) => System.Text.Encoding.ASCII.GetBytes(leader ?? "");

    /// <returns>False at the end of the connection.</returns>
    private bool TryReceive()
    {
        var missing = Math.Max(MissingBytes(), 1024);
        if (_received.Length - _filled < missing)
        {
            var next = new byte[Math.Max(ReceiveBytes, _filled - _read + missing)];
            _received.AsSpan(_read, _filled - _read).CopyTo(next);
            (_filled, _read, _received) = (_filled - _read, 0, next);
        }

        // Answers are sent without waiting, so the socket does not block: its thread waits for it here, in the kernel.
        socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
        var count = socket.Receive(_received.AsSpan(_filled));
        _filled += count;
        return count > 0;
    }

    /// <summary>What the frame that has begun still lacks, as far as that is known.</summary>
    private int MissingBytes()
    {
        var waiting = _filled - _read;
        if (waiting < StoreFrames.LengthBytes) return StoreFrames.LengthBytes - waiting;
        return StoreFrames.LengthBytes + BitConverter.ToInt32(_received, _read) - waiting;
    }

    /// <returns>False when what came in is no frame: the connection is closed.</returns>
    private bool TryTakeFrames()
    {
        while (_filled - _read >= StoreFrames.LengthBytes)
        {
            var length = BitConverter.ToInt32(_received, _read);
            if (length is < StoreFrames.RequestHeaderBytes - StoreFrames.LengthBytes or > StoreFrames.FrameBytesMax)
                return false;
            if (_filled - _read < StoreFrames.LengthBytes + length) return true;
            var tag = BitConverter.ToUInt32(_received, _read + StoreFrames.LengthBytes);
            Take(tag, _received.AsMemory(_read + 8, length - 4));
            _read += StoreFrames.LengthBytes + length;
        }

        return true;
    }

    private void Take(uint tag, ReadOnlyMemory<byte> command)
    {
        _answers.Expect();
        var unmarked = command.Span;
        var isMarked = StoreFrames.TryTakeMark(ref unmarked, out _, out _);
        if (!StoreFrames.TryReadCommand(unmarked, out var action, out var key, out _) ||
            (isMarked && action is not (StoreAction.Put or StoreAction.Remove)))
        {
            _answers.Add(tag, StoreStatus.BadRequest, []);
        }
        else if (action == StoreAction.Get) _gets.Add((tag, key.ToArray()));
        else if (action == StoreAction.State) _answers.Add(tag, StoreStatus.Done, StateOf(host.Status));
        else _proposals.Add(new Proposal(command, this, tag));
    }

    private void Begin()
    {
        host.Propose(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_proposals), mayWrite: true);
        _proposals.Clear();

        // Bad requests are answered already, and nothing else may follow that flushes.
        Flush();
        if (_gets.Count == 0) return;
        _ = AnswerAsync(_gets);
        _gets = [];
    }

    /// <summary>One confirmation of leadership makes all reads that came in together linearizable.</summary>
    private async Task AnswerAsync(List<(uint Tag, byte[] Key)> gets)
    {
        var leads = await host.ConfirmLeadershipAsync(CancellationToken.None);
        foreach (var (tag, key) in gets)
        {
            if (!leads) _answers.Add(tag, StoreStatus.NotLeader, NameOf(host.Status.Leader?.Value));
            else if (store.TryGet(key, out var value)) _answers.Add(tag, StoreStatus.Done, value);
            else _answers.Add(tag, StoreStatus.NotFound, []);
        }

        Flush();
    }
}
