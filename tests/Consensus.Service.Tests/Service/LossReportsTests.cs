using Holdfast.Consensus.Service.Http;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class LossReportsTests
{
    [Fact]
    public void Reports_of_losses_are_taken_at_a_bounded_pace()
    {
        using var reports = LossReports.PerSecond(1);

        reports.TryTake().ShouldBeTrue();

        // One more comes every 100 ms, however busy the machine; so many are asked for at once.
        Enumerable.Range(0, 100_000).Count(_ => reports.TryTake()).ShouldBeLessThan(1_000);
    }
}
