namespace Holdfast.Client.AspNetCore.Daemons;

public sealed class ColdStartTests
{
    [Fact]
    public async Task A_second_process_on_the_same_data_is_refused_with_the_name_of_the_first()
    {
        await using var nest = new DaemonNest();
        var first = nest.StartCold("v1");
        await CounterLoad.ReadAsync(nest.Address);

        var second = nest.StartCold("v1");

        (await second.ExitAsync("the second process")).ShouldBe(69, second.Said);
        second.Said.ShouldContain($"is held by process {first.Pid}");
        (await CounterLoad.ReadAsync(nest.Address)).Pid.ShouldBe(first.Pid);
    }

    [Fact]
    public async Task A_killed_process_leaves_its_data_to_the_next_which_writes_under_a_higher_epoch()
    {
        await using var nest = new DaemonNest();
        var first = nest.StartCold("v1");
        await using (var load = new CounterLoad(nest.Address)) await load.AnsweredAsync(10);
        var before = await CounterLoad.ReadAsync(nest.Address);
        first.Kill();
        await first.ExitAsync("the killed process");

        nest.StartCold("v1");
        await using (var load = new CounterLoad(nest.Address)) await load.AnsweredAsync(10);

        var after = await CounterLoad.ReadAsync(nest.Address);
        after.Value.ShouldBeGreaterThanOrEqualTo(before.Value + 10);
        string.CompareOrdinal(after.Epoch, before.Epoch).ShouldBePositive();
    }

    [Fact]
    public async Task It_writes_under_the_epoch_that_the_supervisor_wrote_down()
    {
        await using var nest = new DaemonNest();
        await File.WriteAllTextAsync(nest.EpochFile, "0001000000000007-0000000000000001\n");
        nest.StartCold("v1");

        await using (var load = new CounterLoad(nest.Address, clients: 1)) await load.AnsweredAsync(1);

        (await CounterLoad.ReadAsync(nest.Address)).Epoch.ShouldBe("0001000000000007-0000000000000001");
    }

    [Theory]
    [InlineData("HANDOFF_ROLE", "boss", "HANDOFF_ROLE is 'boss'; 'successor' or nothing is wanted.")]
    [InlineData("LISTEN_FDS", "many", "LISTEN_FDS is 'many'; 0 to 64 is wanted.")]
    [InlineData("HandoffDaemon__IdleClose", "01:00:00", "HandoffDaemon:IdleClose is 01:00:00")]
    public async Task What_cannot_be_is_said_and_ends_the_start(string variable, string value, string message)
    {
        await using var nest = new DaemonNest();
        nest.Environment[variable] = value;

        var run = nest.StartCold("v1");

        (await run.ExitAsync("the process")).ShouldBe(78, run.Said);
        run.Said.ShouldContain(message);
    }
}
