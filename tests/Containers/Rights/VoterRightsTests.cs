using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Containers.Compose;

namespace Holdfast.Containers.Rights;

/// <summary>Who may speak to a voter as another voter: only who has that voter's own key.</summary>
public sealed class VoterRightsTests(ComposeWorld compose)
{
    private const byte ChallengeOfFrame = (2 << 3) | 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_voters_own_certificate_is_asked_for_the_proof_of_the_secret()
    {
        var set = await compose.HealthyAsync();
        using var own = CertificateOf(set, "consensus-east");

        var answer = await VoterProbe.AskAsync(set, "consensus-west", "consensus-east", own);

        ((byte)answer[0]).ShouldBe(ChallengeOfFrame, answer);
    }

    [Fact]
    public async Task A_connection_without_tls_is_refused()
    {
        var set = await compose.HealthyAsync();

        var answer = await VoterProbe.AskAsync(set, "consensus-west", "consensus-east", shown: null, tls: false);

        answer.ShouldContain("a connection without TLS, which is wanted here");
        await SaysAsync(set, "consensus-west", "a connection without TLS");
    }

    [Fact]
    public async Task No_certificate_and_one_of_another_authority_are_refused()
    {
        var set = await compose.HealthyAsync();
        using var stranger = Stranger("consensus-east");

        (await VoterProbe.AskAsync(set, "consensus-west", "consensus-east", shown: null))
            .ShouldContain("no certificate was shown");
        (await VoterProbe.AskAsync(set, "consensus-west", "consensus-east", stranger))
            .ShouldContain("the certificate shown is not one of this group's authority");
        await SaysAsync(set, "consensus-west", "not one of this group's authority");
    }

    [Fact]
    public async Task A_voter_cannot_pass_for_another()
    {
        var set = await compose.HealthyAsync();
        using var west = CertificateOf(set, "consensus-west");

        (await VoterProbe.AskAsync(set, "consensus-witness", "consensus-east", west))
            .ShouldContain("the certificate shown names 'consensus-west', not 'consensus-east'");
    }

    [Theory]
    [InlineData("consensus-east")]
    [InlineData("consensus-west")]
    [InlineData("consensus-witness")]
    public async Task A_voter_has_its_own_key_and_no_other_and_nobody_else_has_one(string voter)
    {
        var set = await compose.HealthyAsync();

        (await KeysAsync(set, voter)).ShouldBe([$"{voter}.key"]);
        (await KeysAsync(set, "west-1")).ShouldBeEmpty();
        (await KeysAsync(set, "recovery-west")).ShouldBeEmpty();
    }

    private static X509Certificate2 CertificateOf(ComposeSet set, string voter) => X509Certificate2.CreateFromPemFile(
        Path.Combine(set.Secrets, $"{voter}.pem"), Path.Combine(set.Secrets, $"{voter}.key"));

    private static X509Certificate2 Stranger(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    // Who dialled is answered first; what a voter says goes its own way, by a queue and the engine.
    private static async Task SaysAsync(ComposeSet set, string service, string words)
    {
        var voter = await set.ContainerAsync(service);
        await Eventually.SeesAsync(
            $"{service} that says: {words}",
            async _ => (await Engine.DockerAsync("logs", voter)).Said,
            said => said.Contains(words, StringComparison.OrdinalIgnoreCase),
            Patience);
    }

    private static async Task<IEnumerable<string>> KeysAsync(ComposeSet set, string service)
    {
        var listed = await Engine.DockerAsync("exec", await set.ContainerAsync(service), "ls", "/run/secrets");
        return listed.Lines.Where(name => name.EndsWith(".key", StringComparison.Ordinal));
    }
}
