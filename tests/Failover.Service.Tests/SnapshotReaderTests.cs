using System.Net;
using System.Net.Http.Json;
using Holdfast.Client;
using Holdfast.Contracts.Http;
using Holdfast.Failover.Protocol;
using Holdfast.Failover.Service.Consensus;
using Holdfast.Failover.Service.Events;
using Holdfast.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Failover.Service.Tests;

/// <summary>Three voters, of whom two stay behind.</summary>
public sealed class SnapshotReaderTests
{
    private static readonly ConsensusClientOptions Options = new()
    {
        Endpoints = ["http://behind:1", "http://far-behind:1", "http://abreast:1"],
    };

    [Fact]
    public async Task A_voter_that_stays_behind_is_left_for_one_that_is_far_enough()
    {
        using var voters = new Voters();
        using var consensus = new ConsensusClient(Options, voters);
        var reader = ReaderOf(consensus);
        var wanted = Token.Mint(0, 10);

        (await ReadAsync(reader, wanted)).ShouldBe(Token.Mint(0, 5));
        while (await ReadAsync(reader, wanted) < wanted) voters.Asked.ShouldBeLessThan(5);

        (await ReadAsync(reader, wanted)).ShouldBe(Token.Mint(0, 12));
        reader.Newest!.AppliedIndex.ShouldBe(12UL);
    }

    [Fact]
    public async Task A_rebuilt_consensus_is_newer_than_the_one_before_whatever_its_index()
    {
        using var voters = new Voters();
        using var consensus = new ConsensusClient(Options, voters);
        var reader = ReaderOf(consensus);
        await ReadAsync(reader, Token.None);

        voters.Rebuilt = true;
        (await ReadAsync(reader, Token.None)).ShouldBe(Token.Mint(1, 3));
        reader.Newest!.AppliedIndex.ShouldBe(3UL);
    }

    [Fact]
    public async Task After_a_restore_whoever_was_opened_before_may_live_until_the_leases_of_that_life_are_over()
    {
        using var voters = new Voters();
        using var consensus = new ConsensusClient(Options, voters);
        var reader = ReaderOf(consensus);
        await ReadAsync(reader, Token.None);
        reader.LivingBefore.ShouldBeNull();

        (voters.Rebuilt, voters.Past) = (true, "revoked");
        await ReadAsync(reader, Token.None);
        reader.LivingBefore.ShouldBe(new SessionId(Token.Mint(1, 2)));

        voters.Past = "ended";
        await ReadAsync(reader, Token.None);
        reader.LivingBefore.ShouldBeNull();
    }

    private static SnapshotReader ReaderOf(ConsensusClient consensus) => new(
        new SnapshotFeed(consensus, Options, NullLogger<SnapshotFeed>.Instance),
        new DeathReports(),
        new FailoverOptions(),
        BootClock.Instance,
        TimeProvider.System,
        NullLogger<SnapshotReader>.Instance);

    private static async Task<Token> ReadAsync(SnapshotReader reader, Token wanted) =>
        (await reader.ReadAsync(wanted, TestContext.Current.CancellationToken))
            .ShouldBeOfType<FailoverInput.Observed>().World.Horizon;

    private sealed class Voters : HttpMessageHandler
    {
        public int Asked { get; private set; }

        public bool Rebuilt { get; set; }

        /// <summary>How it stands with the session for all of the life before.</summary>
        public string? Past { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            var index = (Rebuilt, request.RequestUri!.Host) switch
            {
                (true, _) => 3UL,
                (_, "behind") => 5UL,
                (_, "far-behind") => 4UL,
                _ => 12UL,
            };
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = JsonContent.Create(SnapshotAt(index, (ushort)(Rebuilt ? 1 : 0), Past)),
            });
        }

        private static SessionAnswer PastSession(string state) => new()
        {
            Session = Token.Mint(1, 2).ToString(),
            Token = Token.Mint(1, 2).ToString(),
            Cluster = "restored",
            Ttl = TimeSpan.FromMinutes(10),
            Agent = false,
            State = state,
        };

        private static ConsensusSnapshot SnapshotAt(ulong index, ushort generation, string? past) => new()
        {
            Node = "v1",
            Sequence = "1",
            AppliedIndex = index,
            SafeLayout = true,
            Nodes = [],
            Sessions = past is null ? [] : [PastSession(past)],
            Elections = [],
            Definitions =
            [
                new DefinitionAnswer { Key = "a", Value = "{}", Token = Token.Mint(generation, 1).ToString() },
            ],
        };
    }
}
