using System.Globalization;

namespace Holdfast.Hosting.Tests.Processes;

/// <summary>Which processes of this machine live.</summary>
public sealed class LocalProcessTests
{
    private const int Pid = 4711;

    [Fact]
    public void This_process_lives_until_it_ends_and_under_its_own_start_only()
    {
        var own = LocalProcess.Find(Environment.ProcessId).ShouldNotBeNull();

        own.IsAlive().ShouldBeTrue();
        (own with { StartedAt = own.StartedAt + 1 }).IsAlive().ShouldBeFalse();
        LocalProcess.Find(0).ShouldBeNull();
    }

    [Theory]
    [InlineData('R', 1, true)]
    [InlineData('D', 4, true)]
    [InlineData('T', 1, true)]
    [InlineData('Z', 1, false)]
    [InlineData('X', 0, false)]
    public void A_process_that_only_waits_to_be_reaped_lives_no_more(char state, int threads, bool lives) =>
        LocalProcess.Read(Pid, Stat(state, threads))
            .ShouldBe(lives ? new LocalProcess(Pid, 987_654) : null);

    [Theory, InlineData(2), InlineData(5)]
    public void A_process_whose_first_thread_ended_lives_as_long_as_another_does(int threads) =>
        LocalProcess.Read(Pid, Stat('Z', threads)).ShouldBe(new LocalProcess(Pid, 987_654));

    private static string Stat(char state, int threads) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Pid} (a (b) c) {state} 1 {Pid} {Pid} 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 {threads} 0 987654 10 20 30\n");
}
