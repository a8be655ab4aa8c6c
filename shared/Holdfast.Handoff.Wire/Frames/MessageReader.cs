using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Holdfast.Handoff.Wire;

/// <summary>
/// Reads one message in the encoding of the Rust crate `postcard`; every method answers
/// false at the first broken rule. Nothing is allocated on the word of a count alone.
/// </summary>
// u16, u32, u64, counts, discriminants  LEB128: 7 bits a byte, lowest first, the top bit says that it goes on; as many
//                                       bytes as the type needs at most (3, 5, 10), no bit above the type's
// bool                                  one byte, 0 or 1
// string, bytes, uuid                   count of bytes, then the bytes; text is UTF-8
// list                                  count of elements, then the elements
// fingerprint                           32 bytes
internal ref struct MessageReader(ReadOnlySpan<byte> body)
{
    public const int IdLength = 16;

    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = body;

    public bool TryMessage([NotNullWhen(true)] out HandoffMessage? message)
    {
        message = null;
        if (!TryNumber32(out var kind)) return false;
        message = kind switch
        {
            MessageKind.Hello => Hello(),
            MessageKind.HelloAck => HelloAck(),
            MessageKind.PrepareHandoff => PrepareHandoff(),
            MessageKind.Drained => Drained(),
            MessageKind.SealRequest => TryId(out var id) ? new HandoffMessage.SealRequest(id) : null,
            MessageKind.SealProgress => SealProgress(),
            MessageKind.SealComplete => SealComplete(),
            MessageKind.SealFailed => SealFailed(),
            MessageKind.Begin => TryId(out var id) ? new HandoffMessage.Begin(id) : null,
            MessageKind.Ready => Ready(),
            MessageKind.Commit => TryId(out var id) ? new HandoffMessage.Commit(id) : null,
            MessageKind.Abort => TryId(out var id) && TryText(out var why) ? new HandoffMessage.Abort(id, why) : null,
            MessageKind.ResumeAfterAbort => TryId(out var id) ? new HandoffMessage.ResumeAfterAbort(id) : null,
            MessageKind.Heartbeat => TryNumber(out var ms) ? new HandoffMessage.Heartbeat(ms) : null,
            _ => null,
        };
        return message is not null;
    }

    private HandoffMessage.Hello? Hello() =>
        TryNumber32(out var role) && role <= (uint)HandoffRole.Successor && TryNumber32(out var pid) &&
        TryBytes(out var build) && TryNumber16(out var min) && TryNumber16(out var max) &&
        TryNumber(out var capabilities)
            ? new HandoffMessage.Hello((HandoffRole)role, pid, new BuildId(build), min, max, capabilities)
            : null;

    private HandoffMessage.HelloAck? HelloAck() =>
        TryNumber16(out var version) && TryId(out var handoff) ? new HandoffMessage.HelloAck(version, handoff) : null;

    private HandoffMessage.PrepareHandoff? PrepareHandoff() =>
        TryId(out var handoff) && TryNumber32(out var pid) && TryNumber(out var deadline) && TryNumber(out var grace)
            ? new HandoffMessage.PrepareHandoff(handoff, pid, deadline, grace)
            : null;

    private HandoffMessage.Drained? Drained() =>
        TryNumber32(out var remaining) && TryFlag(out var closed)
            ? new HandoffMessage.Drained(remaining, closed)
            : null;

    private HandoffMessage.SealProgress? SealProgress() =>
        TryNumber32(out var done) && TryNumber32(out var total) && TryNumber(out var revision)
            ? new HandoffMessage.SealProgress(done, total, revision)
            : null;

    private HandoffMessage.SealComplete? SealComplete()
    {
        if (!TryId(out var handoff) || !TryShards(out var revisions) || _rest.Length < DataFingerprint.Length)
            return null;
        var fingerprint = new DataFingerprint(Take(DataFingerprint.Length));
        return new HandoffMessage.SealComplete(handoff, revisions, fingerprint);
    }

    private HandoffMessage.SealFailed? SealFailed() =>
        TryId(out var handoff) && TryText(out var error) && TryText(out var partial)
            ? new HandoffMessage.SealFailed(handoff, error, partial)
            : null;

    private HandoffMessage.Ready? Ready()
    {
        if (!TryId(out var handoff) || !TryNumber(out var count)) return null;
        var listeners = ImmutableArray.CreateBuilder<string>();
        for (var i = 0UL; i < count; i++)
        {
            if (!TryText(out var listener)) return null;
            listeners.Add(listener);
        }

        return TryFlag(out var healthy) && TryShards(out var revisions)
            ? new HandoffMessage.Ready(handoff, listeners.ToImmutable(), healthy, revisions)
            : null;
    }

    private bool TryShards(out Revisions revisions)
    {
        revisions = default;
        if (!TryNumber(out var count)) return false;
        var shards = new List<ulong>();
        for (var i = 0UL; i < count; i++)
        {
            if (!TryNumber(out var revision)) return false;
            shards.Add(revision);
        }

        revisions = new Revisions([.. shards]);
        return true;
    }

    private bool TryId(out HandoffId id)
    {
        id = default;
        if (!TryBytes(out var bytes) || bytes.Length != IdLength) return false;
        id = new HandoffId(new Guid(bytes, bigEndian: true));
        return true;
    }

    private bool TryText([NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!TryBytes(out var bytes)) return false;
        try
        {
            text = StrictUtf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private bool TryBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryNumber(out var count) || count > (ulong)_rest.Length) return false;
        bytes = Take((int)count);
        return true;
    }

    private bool TryFlag(out bool flag)
    {
        flag = false;
        if (_rest.IsEmpty || _rest[0] > 1) return false;
        flag = Take(1)[0] == 1;
        return true;
    }

    private bool TryNumber16(out ushort value)
    {
        var read = TryLeb128(16, out var wide);
        value = read ? (ushort)wide : default;
        return read;
    }

    private bool TryNumber32(out uint value)
    {
        var read = TryLeb128(32, out var wide);
        value = read ? (uint)wide : default;
        return read;
    }

    private bool TryNumber(out ulong value) => TryLeb128(64, out value);

    private bool TryLeb128(int bits, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < bits; shift += 7)
        {
            if (_rest.IsEmpty) return false;
            var part = Take(1)[0];
            var group = (ulong)(part & 0x7F);
            if (bits - shift < 7 && group >> (bits - shift) != 0) return false;
            value |= group << shift;
            if (part < 0x80) return true;
        }

        return false;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
