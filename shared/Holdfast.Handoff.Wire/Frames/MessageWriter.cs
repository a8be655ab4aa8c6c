using System.Text;

namespace Holdfast.Handoff.Wire;

/// <summary>Writes one message in the postcard encoding; its rules are told at <see cref="MessageReader"/>.</summary>
internal sealed class MessageWriter
{
    private readonly List<byte> _body = [];

    public ReadOnlySpan<byte> Body => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_body);

    public void Message(HandoffMessage message)
    {
        switch (message)
        {
            case HandoffMessage.Hello hello:
                Hello(hello);
                break;
            case HandoffMessage.HelloAck ack:
                Start(MessageKind.HelloAck);
                Number(ack.Version);
                Id(ack.Handoff);
                break;
            case HandoffMessage.PrepareHandoff prepare:
                Start(MessageKind.PrepareHandoff, prepare.Handoff);
                Number(prepare.SuccessorPid);
                Number(prepare.DeadlineMs);
                Number(prepare.DrainGraceMs);
                break;
            case HandoffMessage.Drained drained:
                Start(MessageKind.Drained);
                Number(drained.OpenConnectionsRemaining);
                Flag(drained.AcceptClosed);
                break;
            case HandoffMessage.Begin begin:
                Start(MessageKind.Begin, begin.Handoff);
                break;
            case HandoffMessage.Ready ready:
                Ready(ready);
                break;
            case HandoffMessage.Heartbeat beat:
                Start(MessageKind.Heartbeat);
                Number(beat.TimestampMs);
                break;
            default:
                if (!TrySeal(message)) End(message);
                break;
        }
    }

    private void Hello(HandoffMessage.Hello hello)
    {
        Start(MessageKind.Hello);
        Number((uint)hello.Role);
        Number(hello.Pid);
        Number((ulong)hello.Build.Bytes.Length);
        _body.AddRange(hello.Build.Bytes);
        Number(hello.ProtoMin);
        Number(hello.ProtoMax);
        Number(hello.Capabilities);
    }

    private void Ready(HandoffMessage.Ready ready)
    {
        Start(MessageKind.Ready, ready.Handoff);
        Number((ulong)ready.ListeningOn.Length);
        foreach (var listener in ready.ListeningOn) Text(listener);
        Flag(ready.HealthzOk);
        Shards(ready.AdvertisedRevisions);
    }

    private bool TrySeal(HandoffMessage message)
    {
        switch (message)
        {
            case HandoffMessage.SealRequest seal:
                Start(MessageKind.SealRequest, seal.Handoff);
                return true;
            case HandoffMessage.SealProgress progress:
                Start(MessageKind.SealProgress);
                Number(progress.ShardsSealed);
                Number(progress.ShardsTotal);
                Number(progress.LastRevision);
                return true;
            case HandoffMessage.SealComplete seal:
                Start(MessageKind.SealComplete, seal.Handoff);
                Shards(seal.LastRevisions);
                _body.AddRange(seal.Fingerprint.Bytes);
                return true;
            case HandoffMessage.SealFailed failed:
                Start(MessageKind.SealFailed, failed.Handoff);
                Text(failed.Error);
                Text(failed.PartialState);
                return true;
            default:
                return false;
        }
    }

    private void End(HandoffMessage message)
    {
        switch (message)
        {
            case HandoffMessage.Commit commit:
                Start(MessageKind.Commit, commit.Handoff);
                break;
            case HandoffMessage.Abort abort:
                Start(MessageKind.Abort, abort.Handoff);
                Text(abort.Reason);
                break;
            case HandoffMessage.ResumeAfterAbort resume:
                Start(MessageKind.ResumeAfterAbort, resume.Handoff);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} has no number on the wire.", nameof(message));
        }
    }

    private void Start(uint kind) => Number(kind);

    private void Start(uint kind, HandoffId handoff)
    {
        Number(kind);
        Id(handoff);
    }

    private void Id(HandoffId handoff)
    {
        Span<byte> bytes = stackalloc byte[MessageReader.IdLength];
        handoff.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        Number(MessageReader.IdLength);
        _body.AddRange(bytes);
    }

    private void Shards(Revisions revisions)
    {
        Number((ulong)revisions.PerShard.Length);
        foreach (var revision in revisions.PerShard) Number(revision);
    }

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number((ulong)bytes.Length);
        _body.AddRange(bytes);
    }

    private void Flag(bool flag) => _body.Add(flag ? (byte)1 : (byte)0);

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _body.Add((byte)(value | 0x80));
        _body.Add((byte)value);
    }
}
