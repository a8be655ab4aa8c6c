using System.Text;

namespace Holdfast.Failover.Rounds.Passages;

/// <summary>
/// HTTP to a voter. A step is an advance of an election: everything else either repeats itself or hangs on it. A client
/// sends a request in one go and waits for its answer, so each request begins where a read begins.
/// </summary>
internal sealed class ConsensusTraffic : ITraffic
{
    // After HTTP/1.1 and a blank.
    private const int StatusAt = 9;
    private const int StatusEnd = StatusAt + 3;

    private volatile SweepStep? _asked;

    public (int Length, SweepStep? Step) Asked(ReadOnlySpan<byte> bytes)
    {
        if (!IsAdvance(bytes)) return (bytes.Length, null);
        _asked = new SweepStep("the advance of the election");
        return (bytes.Length, _asked);
    }

    public (int Length, SweepStep? Step) Answered(ReadOnlySpan<byte> bytes)
    {
        if (_asked is not { } step) return (bytes.Length, null);

        // When all was passed on there is another look at what is left, which is nothing; by then the client may have
        // asked for the next.
        if (bytes.Length < StatusEnd) return (0, null);
        _asked = null;
        step.End(StatusOf(bytes));
        return (bytes.Length, step);
    }

    public void End() => _asked?.End();

    private static string StatusOf(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[StatusAt..StatusEnd]);

    private static bool IsAdvance(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0 || !bytes.StartsWith("POST "u8)) return false;
        var line = Encoding.ASCII.GetString(bytes[..end]);
        return line.Contains("/elections/", StringComparison.Ordinal) &&
            line.Contains("/advance ", StringComparison.Ordinal);
    }
}
