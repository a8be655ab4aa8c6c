using Holdfast.Containers.Rights;

namespace Holdfast.Hosting.Tests.Rights;

/// <summary>What deploy/access.sh lets each role do on a real broker, tried from Python.</summary>
[Collection(nameof(GuardedBroker))]
public sealed class BusRoleTests(GuardedBroker broker)
{
    [Theory, MemberData(nameof(BusRoles.Forbidden), MemberType = typeof(BusRoles))]
    public async Task A_role_is_refused_what_is_not_its_own(string role, string[] attempts)
    {
        var outcomes = await broker.RunAsync("attempts.py", role, attempts);

        outcomes[0].ShouldSatisfyAllConditions(
            first => first.Key.ShouldBe("connect"), first => first.Value.GetString().ShouldBe("allowed"));
        outcomes.Skip(1).Select(outcome => outcome.Key).ShouldBe(attempts);
        foreach (var (attempt, outcome) in outcomes.Skip(1)) outcome.GetString()!.ShouldBeRefusalOf(role, attempt);
    }

    [Theory, MemberData(nameof(BusRoles.Granted), MemberType = typeof(BusRoles))]
    public async Task A_role_can_do_what_it_is_for(string role, string[] attempts)
    {
        var outcomes = await broker.RunAsync("attempts.py", role, attempts);

        outcomes.Select(outcome => outcome.Key).ShouldBe(["connect", .. attempts]);
        foreach (var (attempt, outcome) in outcomes) outcome.GetString().ShouldBe("allowed", $"{role}: {attempt}");
    }
}
