using Holdfast.Client.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Guards.Tests;

/// <summary>What a guarded endpoint answers, and what a client of ours makes of it.</summary>
public sealed class EndpointAnswersTests : IAsyncLifetime
{
    private static readonly GrainId Grain = new("account", "ä/1");
    private static readonly Epoch Old = Epoch.First(Token.Mint(1, 5));
    private static readonly Epoch New = Epoch.First(Token.Mint(1, 9));

    private readonly PaperTokens _tokens = new();
    private readonly Dictionary<GrainId, Epoch> _held = [];
    private readonly List<EpochRefusal> _refusals = [];
    private readonly List<RequestOwnership> _written = [];
    private readonly EpochGate _gate = new(keysMax: 2);
    private ConsensusClient _consensus = null!;
    private TestApp _app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _consensus = await _tokens.StartAsync();
        _app = await TestApp.StartAsync(Map, sender => new GrainEpochHandler(
            grain => _held.TryGetValue(grain, out var epoch) ? epoch : null, _refusals.Add)
        {
            InnerHandler = sender,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _consensus.Dispose();
        await _tokens.DisposeAsync();
    }

    [Theory]
    [InlineData(null, null, 428, "epochRequired", "The header Holdfast-Epoch is wanted.")]
    [InlineData("account/1", null, 428, "epochRequired", "The header Holdfast-Epoch is wanted.")]
    [InlineData(
        null, "0000000000000001-0000000000000001", 428, "epochRequired", "The header Holdfast-Grain is wanted.")]
    [InlineData("account/1", "1-1", 400, "epochMalformed", "'1-1', which is not an epoch")]
    [InlineData("nonsense", "0000000000000001-0000000000000001", 400, "invalidRequest", "'nonsense' names no grain")]
    [InlineData("a%/", "0000000000000001-0000000000000001", 400, "invalidRequest", "'a%/' names no grain")]
    public async Task What_is_missing_or_wrong_is_named(
        string? grain, string? epoch, int status, string code, string detail)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gate");
        if (grain is not null) request.Headers.Add(EpochHeaders.Grain, grain);
        if (epoch is not null) request.Headers.Add(EpochHeaders.Epoch, epoch);

        using var response = await _app.Http.SendAsync(request, Cancel);

        var problem = await TestApp.ProblemAsync(response);
        ((int)response.StatusCode, problem.GetProperty("code").GetString()).ShouldBe((status, code));
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        _written.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_epochs_are_none()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gate");
        request.Headers.Add(EpochHeaders.Grain, "account/1");
        request.Headers.Add(EpochHeaders.Epoch, [Old.ToString(), New.ToString()]);

        using var response = await _app.Http.SendAsync(request, Cancel);

        (await TestApp.ProblemAsync(response)).GetProperty("code").GetString().ShouldBe("epochMalformed");
    }

    [Fact]
    public async Task A_client_sends_what_it_holds_and_hears_that_it_is_owner_no_more()
    {
        _held[Grain] = New;
        (await PostAsync("/gate", Grain)).Status.ShouldBe(200);
        _held[Grain] = Old;

        var (status, code) = await PostAsync("/gate", Grain);

        (status, code).ShouldBe((412, "epochStale"));
        _written.ShouldBe([new RequestOwnership(Grain, New)]);
        _refusals.ShouldBe([new EpochRefusal(Grain, Old, New, "epochStale")]);
    }

    [Fact]
    public async Task What_is_not_held_is_not_sent_and_what_is_for_no_grain_goes_through()
    {
        await Should.ThrowAsync<GrainNotHeldException>(() => PostAsync("/gate", Grain));

        (await _app.Http.GetStringAsync("/open", Cancel)).ShouldBe("no header");
    }

    [Fact]
    public async Task Another_conflict_is_the_callers_own_to_read()
    {
        _held[Grain] = New;

        (await PostAsync("/conflict", Grain)).ShouldBe((409, "alreadyExists"));

        _refusals.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_route_that_names_the_grain_goes_before_the_header_and_lets_no_other_in()
    {
        var other = new GrainId("account", "2");
        (_held[other], _held[new GrainId("account", "1")]) = (New, New);

        (await PostAsync("/accounts/1", other)).ShouldBe((400, "invalidRequest"));
        (await PostAsync("/accounts/1", new GrainId("account", "1"))).Status.ShouldBe(200);
        using var bare = new HttpRequestMessage(HttpMethod.Post, "/accounts/3");
        bare.Headers.Add(EpochHeaders.Epoch, New.ToString());
        using var response = await _app.Http.SendAsync(bare, Cancel);

        ((int)response.StatusCode).ShouldBe(200);
        _written.ShouldBe(
        [
            new RequestOwnership(new GrainId("account", "1"), New),
            new RequestOwnership(new GrainId("account", "3"), New),
        ]);
    }

    [Fact]
    public async Task A_full_gate_says_so()
    {
        foreach (var key in (string[])["1", "2", "3"])
        {
            var grain = new GrainId("account", key);
            _held[grain] = New;
            (await PostAsync("/gate", grain)).ShouldBe(key == "3" ? (409, "limitReached") : (200, ""));
        }
    }

    [Fact]
    public async Task A_store_that_compares_itself_answers_like_the_gate()
    {
        _held[Grain] = Old;

        (await PostAsync("/store", Grain)).ShouldBe((412, "epochStale"));

        _refusals.ShouldBe([new EpochRefusal(Grain, Old, New, "epochStale")]);
    }

    [Fact]
    public async Task A_fenced_owner_is_refused_before_the_new_one_has_written()
    {
        _held[Grain] = Old;
        _tokens.Becomes(Old.Token);
        (await PostAsync("/checked", Grain)).Status.ShouldBe(200);
        _tokens.Becomes(Old.Token, alive: false);

        (await PostAsync("/checked", Grain)).ShouldBe((409, "tokenOver"));

        _refusals.ShouldBe([new EpochRefusal(Grain, Old, null, "tokenOver")]);
    }

    [Fact]
    public async Task An_epoch_from_the_future_closes_the_gate_for_nobody()
    {
        _tokens.Becomes(Old.Token);
        _held[Grain] = new Epoch(new Token(ulong.MaxValue), ulong.MaxValue);
        (await PostAsync("/checked", Grain)).ShouldBe((409, "tokenUnknown"));

        _held[Grain] = Old;
        (await PostAsync("/checked", Grain)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Without_an_answer_of_consensus_the_guard_decides_unless_told_otherwise()
    {
        _tokens.Fails = true;
        _held[Grain] = New;

        (await PostAsync("/lenient", Grain)).Status.ShouldBe(200);
        (await PostAsync("/strict", Grain)).ShouldBe((503, "tokenUnverified"));
        _held[Grain] = Old;
        (await PostAsync("/lenient", Grain)).ShouldBe((412, "epochStale"));
    }

    [Fact]
    public async Task Grains_with_epochs_of_their_own_are_not_asked_about()
    {
        var external = new GrainId("ext.orders", "1");
        _held[external] = new Epoch(Token.None, 7);

        (await PostAsync("/strict", external)).Status.ShouldBe(200);

        _tokens.Asked.ShouldBe(0);
    }

    private void Map(WebApplication app)
    {
        var patient = new TokenCheckOptions { FreshFor = TimeSpan.Zero, Deadline = TimeSpan.FromSeconds(30) };
        var hasty = patient with { Deadline = TimeSpan.FromMilliseconds(500) };
        var check = new TokenCheck(_consensus, patient);
        var lenient = new TokenCheck(_consensus, hasty);
        var strict = new TokenCheck(_consensus, hasty with { Unverified = UnverifiedTokens.Refuse });
        app.MapPost("/gate", Keep).RequireEpoch(_gate);
        app.MapPost("/checked", Keep).RequireEpoch(new EpochRequirement { Gate = _gate, Check = check });
        app.MapPost("/lenient", Keep).RequireEpoch(new EpochRequirement { Gate = _gate, Check = lenient });
        app.MapPost("/strict", Keep).RequireEpoch(new EpochRequirement { Check = strict });
        app.MapPost("/store", (HttpContext context) => EpochProblems.Stale(context.Ownership(), New)).RequireEpoch();
        app.MapPost("/conflict", () => Results.Problem(
            statusCode: 409,
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = "alreadyExists" }));
        app.MapPost("/accounts/{key}", Keep).RequireEpoch(new EpochRequirement
        {
            Gate = _gate,
            GrainOf = context => new GrainId("account", (string)context.Request.RouteValues["key"]!),
        });
        app.MapGet("/open", (HttpContext context) =>
            context.Request.Headers.ContainsKey(EpochHeaders.Epoch) ? "a header" : "no header");
    }

    private void Keep(HttpContext context)
    {
        lock (_written) _written.Add(context.Ownership());
    }

    private async Task<(int Status, string Code)> PostAsync(string path, GrainId grain)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path).ForGrain(grain);
        using var response = await _app.Http.SendAsync(request, Cancel);
        return ((int)response.StatusCode, response.IsSuccessStatusCode
            ? ""
            : (await TestApp.ProblemAsync(response)).GetProperty("code").GetString()!);
    }
}
