using System.Diagnostics;

namespace Holdfast.Standalone.Demo.Load;

/// <summary>What came of the requests so far.</summary>
/// <param name="Requests">All of them.</param>
/// <param name="Acknowledged">Increments that were answered with success.</param>
/// <param name="Failed">Those without a good answer.</param>
/// <param name="FirstFailure">What was wrong with the first of them.</param>
/// <param name="LongestWait">The longest from sending to the answer, since it was last asked for.</param>
internal sealed record LoadReport(
    long Requests, long Acknowledged, long Failed, string? FirstFailure, TimeSpan LongestWait);

/// <summary>Counts requests of several clients.</summary>
internal sealed class LoadCount
{
    private readonly Lock _gate = new();
    private LoadReport _report = new(0, 0, 0, null, TimeSpan.Zero);

    /// <summary>The counts so far.</summary>
    public LoadReport Report
    {
        get
        {
            lock (_gate) return _report;
        }
    }

    /// <summary>The counts so far; the longest wait counts anew from here.</summary>
    public LoadReport Take()
    {
        lock (_gate)
        {
            var report = _report;
            _report = report with { LongestWait = TimeSpan.Zero };
            return report;
        }
    }

    public void Answered(long sentAt, bool isIncrement)
    {
        lock (_gate)
        {
            _report = Waited(sentAt) with { Acknowledged = _report.Acknowledged + (isIncrement ? 1 : 0) };
        }
    }

    public void Failed(long sentAt, string why)
    {
        lock (_gate)
        {
            _report = Waited(sentAt) with
            {
                Failed = _report.Failed + 1,
                FirstFailure = _report.FirstFailure ?? why,
            };
        }
    }

    private LoadReport Waited(long sentAt)
    {
        var waited = Stopwatch.GetElapsedTime(sentAt);
        return _report with
        {
            Requests = _report.Requests + 1,
            LongestWait = waited > _report.LongestWait ? waited : _report.LongestWait,
        };
    }
}
