using Holdfast.Containers.Bus;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>What the user of each role may and must not do on the bus, tried with its own password.</summary>
public sealed class BusRightsTests(ComposeWorld compose)
{
    [Theory, MemberData(nameof(BusRoles.Forbidden), MemberType = typeof(BusRoles))]
    public async Task A_role_is_refused_what_is_not_its_own(string role, string[] attempts)
    {
        var user = await compose.BusAsync(role);

        var outcomes = await user.TryAsync(attempts);

        outcomes["connect"].ShouldBe("allowed", $"{role} with its own password");
        foreach (var attempt in attempts) outcomes[attempt].ShouldBeRefusalOf(role, attempt);
    }

    [Theory]
    [InlineData("users", "a wrong password")]
    [InlineData("gossip", "")]
    [InlineData("guest", "guest")]
    public async Task Nobody_gets_in_with_a_wrong_password(string role, string password)
    {
        var user = await BusUser.OfAsync(await compose.HealthyAsync(), role, Uri.EscapeDataString(password));

        (await user.TryAsync())["connect"].ShouldContain("(403) 'ACCESS_REFUSED - Login was refused");
    }
}
