namespace Holdfast.Consensus.Rounds.Sandboxes;

/// <summary>
/// A switch, and behind it a namespace with an address for each voter; clients are at the switch itself. A voter can be
/// cut off in both directions or in one, as by a pulled cable or a firewall: nobody is told.
/// </summary>
internal sealed class VoterNetwork
{
    /// <summary>Seen in the sandbox only, and in memory: it ends with that.</summary>
    public const string OwnFolder = "/run/round";

    private const string Bridge = "rounds0";
    private const string Prefix = "10.231.48.";

    private readonly int _count;

    private VoterNetwork(int count) => _count = count;

    public static string AddressOf(int voter) => $"{Prefix}{11 + voter}";

    /// <summary>Only in a sandbox: the names would collide, and nothing is taken down.</summary>
    public static async Task<VoterNetwork> SetUpAsync(int count, CancellationToken cancel)
    {
        // Names of namespaces are files there, and nobody else is to see them.
        await Tool.DemandAsync("mount", "-t tmpfs tmpfs /run", cancel);
        System.IO.Directory.CreateDirectory("/run/netns");
        await IpAsync("link set lo up", cancel);
        await IpAsync($"link add {Bridge} type bridge", cancel);
        await IpAsync($"addr add {Prefix}1/24 dev {Bridge}", cancel);
        await IpAsync($"link set {Bridge} up", cancel);
        for (var voter = 0; voter < count; voter++)
        {
            await IpAsync($"netns add v{voter}", cancel);
            await IpAsync($"link add p{voter} type veth peer name i{voter} netns v{voter}", cancel);
            await IpAsync($"-n v{voter} addr add {AddressOf(voter)}/24 dev i{voter}", cancel);
            await IpAsync($"-n v{voter} link set i{voter} up", cancel);
            await IpAsync($"-n v{voter} link set lo up", cancel);
            await IpAsync($"link set p{voter} up", cancel);
            await IpAsync($"link set p{voter} master {Bridge}", cancel);
        }

        return new VoterNetwork(count);
    }

    /// <summary>How a program is started as that voter.</summary>
    public static (string Program, string[] Before) Within(int voter, string program) =>
        (Tool.PathOf("nsenter")!, [$"--net=/run/netns/v{voter}", program]);

    /// <summary>Nothing comes in or goes out.</summary>
    public Task CutAsync(int voter, CancellationToken cancel) => IpAsync($"link set p{voter} nomaster", cancel);

    /// <summary>It hears nobody, and is heard.</summary>
    public Task DeafenAsync(int voter, CancellationToken cancel) => FilterAsync(voter, "-A INPUT -j DROP", cancel);

    /// <summary>It hears the others, and no voter hears it.</summary>
    public async Task MuteAsync(int voter, CancellationToken cancel)
    {
        for (var other = 0; other < _count; other++)
            if (other != voter) await FilterAsync(other, $"-A INPUT -s {AddressOf(voter)} -j DROP", cancel);
    }

    public async Task HealAsync(CancellationToken cancel)
    {
        for (var voter = 0; voter < _count; voter++)
        {
            await IpAsync($"link set p{voter} master {Bridge}", cancel);
            await FilterAsync(voter, "-F INPUT", cancel);
        }
    }

    private static Task IpAsync(string arguments, CancellationToken cancel) =>
        Tool.DemandAsync("ip", arguments, cancel);

    private static Task FilterAsync(int voter, string rule, CancellationToken cancel) =>
        Tool.DemandAsync("nsenter", $"--net=/run/netns/v{voter} {Tool.PathOf("iptables")} -w 10 {rule}", cancel);
}
