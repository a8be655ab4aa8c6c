using System.Net;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.Primitives;
using Holdfast.Servers;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class ConsensusOptionsTests : IDisposable
{
    private readonly List<string> _files = [];

    public void Dispose() => _files.ForEach(File.Delete);

    [Fact]
    public void The_defaults_with_three_voters_are_legal() =>
        ConsensusRules.Problems(Options("a:1", "b:2", "c:3") with { SecretFile = SecretOf(16) }, new NodeId("v1"))
            .ShouldBeEmpty();

    [Fact]
    public void Every_problem_is_named_with_its_values_and_what_is_legal()
    {
        var options = Options("127.0.0.1:1", "127.0.0.1:1", "nowhere") with
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Heartbeat = TimeSpan.FromMilliseconds(300),
            ElectionTimeoutMax = TimeSpan.FromMilliseconds(550),
            ReserveWait = TimeSpan.FromMilliseconds(51),
            SecretFile = SecretOf(15),
        };
        options = options with { Voters = [.. options.Voters, options.Voters[0] with { RaftAddress = "[::1]:9" }] };

        ConsensusRules.Problems(options, new NodeId("v9")).ShouldBe(
        [
            "Consensus:ElectionTimeoutMin (00:00:00.5000000) must be at least twice " +
                "Consensus:Heartbeat (00:00:00.3000000).",
            "Consensus:ElectionTimeoutMax (00:00:00.5500000) must be at least 1.2 times " +
                "Consensus:ElectionTimeoutMin (00:00:00.5000000).",
            "Consensus:ReserveWait (00:00:00.0510000) must be from 0 to a tenth of " +
                "Consensus:ElectionTimeoutMin (00:00:00.5000000).",
            "Consensus:Voters has v1, v2, v3, v1; Node:Id 'v9' must be one of them.",
            "Consensus:Voters names the node 'v1' more than once; each voter is one node.",
            "Consensus:Voters has the RaftAddress '127.0.0.1:1' more than once; each voter has its own.",
            "Consensus:Voters has the HttpAddress 'http://v1:8080/' more than once; each voter has its own.",
            "Consensus:Listen is '127.0.0.1:0'; a port from 1 to 65535 is wanted, since the other voters must find it.",
            "Consensus:Voters:2:RaftAddress is 'nowhere'; a host and a port from 1 to 65535, " +
                "such as 10.0.0.1:7401, are wanted.",
            $"Consensus:SecretFile is '{options.SecretFile}'; it has fewer than 16 bytes, " +
                "not counting white space at its end.",
        ]);
    }

    [Theory]
    [InlineData("127.0.0.1:7401", "127.0.0.1", 7401)]
    [InlineData("[::1]:7401", "::1", 7401)]
    [InlineData("voter-1.east:1", "voter-1.east", 1)]
    [InlineData("v1", null, 0)]
    [InlineData(":7401", null, 0)]
    [InlineData("v1:0", null, 0)]
    [InlineData("v1:65536", null, 0)]
    [InlineData("::1:7401", null, 0)]
    [InlineData("v 1:7401", null, 0)]
    public void An_address_is_a_host_and_a_port(string text, string? host, int port) =>
        ConsensusRules.HostAndPort(text).ShouldBe(host is null ? null : (host, port));

    [Fact]
    public void A_secret_is_wanted_unless_all_are_on_loopback()
    {
        ConsensusRules.Problems(Options("127.0.0.1:1", "localhost:2", "[::1]:3"), new NodeId("v1")).ShouldBeEmpty();
        ConsensusRules.Problems(Options("127.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"), new NodeId("v1"))
            .ShouldHaveSingleItem().ShouldStartWith("Consensus:SecretFile is missing; a file with at least 16 bytes");
        ConsensusRules.Problems(Options("127.0.0.1:1") with { SecretFile = "/nonexistent/secret" }, new NodeId("v1"))
            .ShouldHaveSingleItem().ShouldContain("it cannot be read");
        var everywhere = new IPEndPoint(IPAddress.Any, 7401);
        ConsensusRules.Problems(Options("127.0.0.1:1", "[::1]:3") with { Listen = everywhere }, new NodeId("v1"))
            .ShouldHaveSingleItem().ShouldBe("Consensus:Listen is '0.0.0.0:7401'; a loopback address is wanted " +
                "where Consensus:SecretFile is missing.");
    }

    [Fact]
    public void A_certificate_of_the_group_stands_for_the_secret_only_where_it_is_required()
    {
        using var authority = new TestAuthority();
        var options = Options("127.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3") with { Tls = authority.Tls(["v1"]) };

        ConsensusRules.Problems(options, new NodeId("v1")).ShouldBeEmpty();
        ConsensusRules.Problems(options with { Tls = options.Tls! with { Required = false } }, new NodeId("v1"))
            .ShouldHaveSingleItem().ShouldStartWith("Consensus:SecretFile is missing");
    }

    [Fact]
    public void Certificates_that_could_never_be_used_stop_the_start()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority("another");
        var good = authority.Tls(["v1"]);

        ProblemsOf(authority.Tls(["v2", "v3"])).ShouldHaveSingleItem().ShouldEndWith(
            ".pem', which names 'v2, v3'; a DNS name 'v1', the Node:Id, is wanted.");
        ProblemsOf(good with { KeyFile = authority.Tls(["v1"]).KeyFile }).ShouldHaveSingleItem()
            .ShouldEndWith("The key is not that of the certificate.");
        ProblemsOf(good with { AuthorityFile = other.AuthorityFile }).ShouldHaveSingleItem()
            .ShouldEndWith("for a server and for a client. What is wrong: Authority.");
        ProblemsOf(authority.Tls(["v1"], endsIn: TimeSpan.FromMinutes(-1))).ShouldHaveSingleItem()
            .ShouldEndWith("What is wrong: Expired.");
        ProblemsOf(authority.Tls(["v1"], use: "1.3.6.1.5.5.7.3.1")).ShouldHaveSingleItem()
            .ShouldEndWith("What is wrong: Use.");
        ProblemsOf(good with { CertificateFile = "/nowhere", AuthorityFile = good.KeyFile })
            .ShouldBe(
            [
                $"Consensus:Tls:CertificateFile is '/nowhere'; wanted is a certificate in PEM with the key in " +
                    $"Consensus:Tls:KeyFile '{good.KeyFile}'. Could not find file '/nowhere'.",
                $"Consensus:Tls:AuthorityFile is '{good.KeyFile}'; wanted is the certificate of an authority in PEM. " +
                    "It holds no certificate in PEM.",
            ]);
    }

    [Theory]
    [InlineData("a b c", null)]
    [InlineData("a a b b c", null)]
    [InlineData("a", "The 1 voters are in 1 failure domain(s) (a)")]
    [InlineData("a b a", "The 3 voters are in 2 failure domain(s) (a, b)")]
    [InlineData("a a a b c", "The failure domain 'a' has 3 of 5 voters, a majority")]
    [InlineData("a a b c", null)]
    public void A_layout_is_safe_with_three_domains_of_which_none_has_a_majority(string domains, string? problem)
    {
        var voters = domains.Split(' ').Select((domain, i) => Voter(i + 1, "x:1") with { Domain = domain });
        var layout = VoterLayout.Of([.. voters]);

        layout.IsSafe.ShouldBe(problem is null);
        if (problem is not null) layout.Problem!.ShouldStartWith(problem);
    }

    [Fact]
    public void An_even_number_of_voters_is_legal_but_warned_of()
    {
        VoterLayout.WarningOf(Options("a:1", "b:2").Voters).ShouldBe(
            "2 voters bear the loss of 0, as 1 would; an odd number is wanted.");
        VoterLayout.WarningOf(Options("a:1", "b:2", "c:3").Voters).ShouldBeNull();
    }

    private static IEnumerable<string> ProblemsOf(RaftTlsOptions tls) =>
        ConsensusRules.Problems(Options("127.0.0.1:1") with { Tls = tls }, new NodeId("v1"));

    private string SecretOf(int bytes)
    {
        var file = Path.GetTempFileName();
        _files.Add(file);
        File.WriteAllText(file, new string('s', bytes) + "\n");
        return file;
    }

    private static ConsensusOptions Options(params string[] raftAddresses) => new()
    {
        Listen = new IPEndPoint(IPAddress.Loopback, 7401),
        DataDirectory = "data",
        Voters = [.. raftAddresses.Select((address, i) => Voter(i + 1, address))],
    };

    private static VoterOptions Voter(int number, string raftAddress) => new()
    {
        Node = new NodeId($"v{number}"),
        Domain = $"d{number}",
        RaftAddress = raftAddress,
        HttpAddress = new Uri($"http://v{number}:8080"),
    };
}
