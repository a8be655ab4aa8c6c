using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>What the user of each role must not do in the directory, tried with its own password.</summary>
public sealed class RedisRightsTests(ComposeWorld compose)
{
    // A script is refused by the rights of its caller too.
    private const string ScriptThatGrants =
        "return redis.call('HSET', '{hf:00}:grant:failover', 'failover/west', 'ffffffffffffffff')";

    public static TheoryData<string, string[]> Forbidden => new()
    {
        { "users", ["HSET", "{hf:00}:grant:failover", "failover/west", "ffffffffffffffff"] },
        { "users", ["HSET", "{hf:00}:grant:recovery", "recovery/west", "ffffffffffffffff"] },
        { "users", ["HSET", "{hf:00}:slots:mine", "0", "east-1"] },
        { "users", ["EVAL", ScriptThatGrants, "0"] },
        { "users", ["XTRIM", "{hf:00}:out", "MAXLEN", "0"] },
        { "users", ["DEL", "{hf:00}:rec"] },
        { "users", ["XDEL", "{hf:00}:out", "1-1"] },
        { "users", ["FLUSHALL"] },
        { "users", ["CONFIG", "SET", "appendonly", "no"] },
        { "users", ["ACL", "LIST"] },
        { "users", ["SET", "mine", "1"] },
        { "users", ["CLIENT", "PAUSE", "1"] },
        { "users", ["CLIENT", "KILL", "TYPE", "normal"] },
        { "handoff", ["HSET", "{hf:00}:grant:failover", "failover/west", "ffffffffffffffff"] },
        { "handoff", ["HSET", "{hf:00}:slots:mine", "0", "east-1"] },
        { "handoff", ["FLUSHALL"] },
        { "failover", ["HSET", "{hf:00}:grant:recovery", "recovery/west", "ffffffffffffffff"] },
        { "failover", ["HSET", "{hf:00}:slots:mine", "0", "east-1"] },
        { "failover", ["DEL", "{hf:00}:rec"] },
        { "failover", ["FLUSHALL"] },
        { "recovery", ["HSET", "{hf:00}:grant:failover", "failover/west", "ffffffffffffffff"] },
        { "recovery", ["EVAL", ScriptThatGrants, "0"] },
        { "recovery", ["XTRIM", "{hf:00}:out", "MAXLEN", "0"] },
        { "recovery", ["DEL", "{hf:00}:rec"] },
        { "recovery", ["FLUSHALL"] },
    };

    [Theory, MemberData(nameof(Forbidden))]
    public async Task A_role_is_refused_what_is_not_its_own(string role, string[] command)
    {
        var set = await compose.HealthyAsync();

        var said = await AskAsync(set, ["--user", role, "--pass", set.Secret($"redis-{role}")], command);

        // Inside a script Redis says it in other words.
        string[] refusals = ["NOPERM", "The user executing the script can't"];
        refusals.ShouldContain(refusal => said.Contains(refusal, StringComparison.Ordinal), said);
    }

    [Fact]
    public async Task Who_has_no_password_reads_nothing()
    {
        var set = await compose.HealthyAsync();

        (await AskAsync(set, [], ["HGETALL", "{hf:00}:rec"])).ShouldContain("NOPERM");
        (await AskAsync(set, [], ["CLIENT", "PAUSE", "1"])).ShouldContain("NOPERM");
        (await AskAsync(set, ["--user", "users", "--pass", "wrong"], ["PING"])).ShouldContain("WRONGPASS");
    }

    private static async Task<string> AskAsync(ComposeSet set, string[] user, string[] command)
    {
        var redis = await set.ContainerAsync("redis");
        string[] client = ["exec", redis, "redis-cli", "--no-auth-warning"];
        var ended = await Shell.RunAsync("docker", [.. client, .. user, .. command]);
        return ended.Said;
    }
}
