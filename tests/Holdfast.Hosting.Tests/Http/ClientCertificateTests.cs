using System.Security.Cryptography.X509Certificates;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting.Tests.Http;

/// <summary>Certificates instead of tokens, with a real server and the client that services have.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private const string Token = "a-token-of-at-least-16";
    private const string ForServersOnly = "1.3.6.1.5.5.7.3.1";
    private static readonly SessionId Session = SessionId.Parse("0001000000000007");

    private readonly TestAuthority _servers = new("servers");
    private readonly TestAuthority _clients = new("clients");
    private readonly TestAuthority _operators = new("operators");
    private readonly string _tokenFile = Path.GetTempFileName();
    private WebApplication _app = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_tokenFile, Token);
        var server = _servers.Issue(["127.0.0.1"]);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "n1",
            ["Node:Cluster"] = "east",
            ["Auth:TokenFile"] = _tokenFile,
            ["Auth:ClientAuthorityFile"] = _clients.AuthorityFile,
            ["Auth:OperatorAuthorityFile"] = _operators.AuthorityFile,
            ["Kestrel:Certificates:Default:Path"] = server.CertificateFile,
            ["Kestrel:Certificates:Default:KeyPath"] = server.KeyFile,
            ["urls"] = "https://127.0.0.1:0",
        });
        builder.Logging.ClearProviders();
        builder.AddHoldfastDefaults("sample", telemetry: false);
        _app = builder.Build();
        _app.MapHoldfastDefaults();
        _app.MapDelete(ConsensusRoutes.Session("{id}"), () => Results.NoContent());
        _app.MapPost(ConsensusRoutes.Transfer, () => Results.NoContent()).RequireOperator();
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var authority in new[] { _servers, _clients, _operators }) authority.Dispose();
        File.Delete(_tokenFile);
    }

    [Fact]
    public async Task A_certificate_of_the_clients_authority_counts_like_a_token()
    {
        using var client = ClientWith(_clients.Issue(["recovery"]));
        (await client.CloseSessionAsync(Session, Cancel)).ShouldBeNull();
        (await client.CloseSessionAsync(Session, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_token_goes_on_counting_and_neither_is_refused()
    {
        using var known = new ConsensusClient(Options() with { TokenFile = _tokenFile });
        (await known.CloseSessionAsync(Session, Cancel)).ShouldBeNull();
        using var nobody = new ConsensusClient(Options());

        var refusal = await nobody.CloseSessionAsync(Session, Cancel);

        refusal!.Code.ShouldBe(ProblemCodes.Unauthorized);
        refusal.Detail.ShouldEndWith("or over https a certificate of Auth:ClientAuthorityFile.");
    }

    [Fact]
    public async Task Operators_have_an_authority_of_their_own()
    {
        (await TransferAsync(_clients.Issue(["recovery"]))).ShouldBe(StatusCodes.Status403Forbidden);
        (await TransferAsync(_operators.Issue(["chief"]))).ShouldBe(StatusCodes.Status204NoContent);
        using var chief = ClientWith(_operators.Issue(["chief"]));
        (await chief.CloseSessionAsync(Session, Cancel)).ShouldBeNull();
    }

    [Theory]
    [InlineData("of another authority")]
    [InlineData("that has ended")]
    [InlineData("for servers")]
    public async Task A_certificate_that_is_nobodys_ends_the_connection(string certificate)
    {
        using var client = ClientWith(certificate switch
        {
            "of another authority" => _servers.Issue(["recovery"]),
            "that has ended" => _clients.Issue(["recovery"], endsIn: TimeSpan.FromHours(-1)),
            _ => _clients.Issue(["recovery"], use: ForServersOnly),
        });

        await ShouldNotConnectAsync(client);
    }

    [Fact]
    public async Task A_voter_of_another_authority_or_another_name_is_not_believed()
    {
        using var another = new ConsensusClient(Options() with { AuthorityFile = _clients.AuthorityFile });
        await ShouldNotConnectAsync(another);

        using var misled = new ConsensusClient(
            Options() with { Endpoints = [Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)] });
        await ShouldNotConnectAsync(misled);

        using var ofTheMachine = new ConsensusClient(Options() with { AuthorityFile = null });
        await ShouldNotConnectAsync(ofTheMachine);
    }

    [Fact]
    public async Task A_new_authority_of_clients_counts_at_once_also_for_connections_that_stand()
    {
        using var client = ClientWith(_clients.Issue(["recovery"]));
        (await client.CloseSessionAsync(Session, Cancel)).ShouldBeNull();

        File.Copy(_servers.AuthorityFile, _clients.AuthorityFile, overwrite: true);

        (await client.CloseSessionAsync(Session, Cancel))!.Code.ShouldBe(ProblemCodes.Unauthorized);
        using var renewed = ClientWith(_servers.Issue(["recovery"]));
        (await renewed.CloseSessionAsync(Session, Cancel)).ShouldBeNull();
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named_by_the_client()
    {
        var issued = _clients.Issue(["recovery"]);
        var other = _clients.Issue(["recovery"]);

        (Options() with { CertificateFile = issued.CertificateFile }).Problems().ShouldHaveSingleItem().ShouldBe(
            $"ConsensusClient:CertificateFile is '{issued.CertificateFile}' and ConsensusClient:KeyFile is ''; " +
            "both are wanted, or neither.");
        (Options() with
        {
            AuthorityFile = "/nowhere",
            CertificateFile = issued.CertificateFile,
            KeyFile = other.KeyFile,
        }).Problems().ShouldBe(
        [
            "ConsensusClient:AuthorityFile is '/nowhere'; wanted is a file with the certificate of an authority in " +
                "PEM. Could not find file '/nowhere'.",
            $"ConsensusClient:CertificateFile is '{issued.CertificateFile}'; wanted is a certificate in PEM with the " +
                $"key in ConsensusClient:KeyFile '{other.KeyFile}'. The key is not that of the certificate.",
        ]);
    }

    /// <summary>It was turned away, which is not the same as being kept waiting.</summary>
    private static async Task ShouldNotConnectAsync(ConsensusClient client)
    {
        var unavailable = await Should.ThrowAsync<ConsensusUnavailableException>(
            () => client.CloseSessionAsync(Session, Cancel));
        unavailable.Message.ShouldNotContain("no answer within");
        unavailable.Message.ShouldNotContain("nobody was asked");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Address => _app.Urls.First();

    private ConsensusClientOptions Options() => new()
    {
        Endpoints = [Address],
        AuthorityFile = _servers.AuthorityFile,
        Deadline = TimeSpan.FromSeconds(3),
        AttemptDeadline = TimeSpan.FromSeconds(3),
    };

    private ConsensusClient ClientWith(IssuedCertificate own) => new(Options() with
    {
        CertificateFile = own.CertificateFile,
        KeyFile = own.KeyFile,
    });

    private async Task<int> TransferAsync(IssuedCertificate own)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                ClientCertificates =
                [
                    X509Certificate2.CreateFromPemFile(
                        own.CertificateFile, own.KeyFile),
                ],
                RemoteCertificateValidationCallback = static (_, theirs, _, _) => theirs is not null,
            },
        };
        using var http = new HttpClient(handler);
        using var answer = await http.PostAsync(new Uri(new Uri(Address), ConsensusRoutes.Transfer), null, Cancel);
        return (int)answer.StatusCode;
    }
}
