namespace Holdfast.Client.Tests.Grains;

public sealed class GrainKeeperOptionsTests
{
    [Fact]
    public void The_defaults_are_legal_once_a_type_is_named() =>
        new GrainKeeperOptions { Types = ["order"] }.Problems().ShouldBeEmpty();

    [Fact]
    public void Every_value_that_is_not_legal_is_named_with_its_range()
    {
        var options = new GrainKeeperOptions
        {
            Types = ["or der", "ext.silo"],
            GrainsMax = 0,
            GrainsAtOnceMax = 10_001,
            CallsAtOnceMax = 0,
            CheckInterval = TimeSpan.Zero,
            ListInterval = TimeSpan.FromHours(2),
            DrainDeadline = TimeSpan.Zero,
            OfferPatience = TimeSpan.Zero,
        };

        options.Problems().ShouldBe(
        [
            "GrainKeeper:Types: 'or der' is not a grain type: 1 to 128 characters of A-Z a-z 0-9 . _ - are wanted.",
            "GrainKeeper:Types has 'ext.silo'; types of ext. are registered, not claimed.",
            "GrainKeeper:GrainsMax is 0; 1 to 10,000,000 is wanted.",
            "GrainKeeper:GrainsAtOnceMax is 10001; 1 to 10,000 is wanted.",
            "GrainKeeper:CallsAtOnceMax is 0; 1 to 256 is wanted.",
            "GrainKeeper:CheckInterval is 00:00:00; 00:00:00.050 to 00:01:00 is wanted.",
            "GrainKeeper:ListInterval is 02:00:00; 00:00:00.100 to 01:00:00 is wanted.",
            "GrainKeeper:DrainDeadline is 00:00:00; 00:00:00.100 to 01:00:00 is wanted.",
            "GrainKeeper:OfferPatience is 00:00:00; 00:00:01 to 01:00:00 is wanted.",
        ]);
        new GrainKeeperOptions().Problems().ShouldBe(["GrainKeeper:Types has 0 types; 1 to 256 are wanted."]);
    }
}
