using System.Collections.Immutable;
using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Handoff.Wire.Frames;

/// <summary>One of each message, with the bytes that postcard gives it, worked out by hand.</summary>
internal static class Samples
{
    public static readonly HandoffId Handoff = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));

    private const string Id = "10 00112233445566778899AABBCCDDEEFF";

    /// <summary>The bytes after version 1.</summary>
    public static readonly ImmutableArray<(HandoffMessage Message, string Body)> All =
    [
        (new Hello(HandoffRole.Incumbent, 1234, default, 1, 1, 0), "00 00 D209 00 01 01 00"),
        (new Hello(HandoffRole.Successor, 4_294_967_295, BuildId.FromText("v2"), 1, 65_535, 300),
            "00 01 FFFFFFFF0F 02 7632 01 FFFF03 AC02"),
        (new HelloAck(1, Handoff), $"01 01 {Id}"),
        (new PrepareHandoff(Handoff, 77, 60_000, 25_000), $"02 {Id} 4D E0D403 A8C301"),
        (new Drained(0, AcceptClosed: true), "03 00 01"),
        (new Drained(129, AcceptClosed: false), "03 8101 00"),
        (new SealRequest(Handoff), $"04 {Id}"),
        (new SealProgress(1, 2, ulong.MaxValue), "05 01 02 FFFFFFFFFFFFFFFFFF01"),
        (new SealComplete(Handoff, new Revisions(1, 128), Fingerprint()), $"06 {Id} 02 01 8001 {FingerprintHex}"),
        (new SealFailed(Handoff, "disk", "é"), $"07 {Id} 04 6469736B 02 C3A9"),
        (new Begin(Handoff), $"08 {Id}"),
        (new Ready(Handoff, ["http"], HealthzOk: true, new Revisions(5)), $"09 {Id} 01 04 68747470 01 01 05"),
        (new Ready(Handoff, [], HealthzOk: false, default), $"09 {Id} 00 00 00"),
        (new Commit(Handoff), $"0A {Id}"),
        (new Abort(Handoff, "late"), $"0B {Id} 04 6C617465"),
        (new ResumeAfterAbort(Handoff), $"0C {Id}"),
        (new Heartbeat(16_384), "0D 808001"),
    ];

    private const string FingerprintHex = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static DataFingerprint Fingerprint() => new(Bytes(FingerprintHex));
}
