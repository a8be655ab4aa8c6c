using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Holdfast.Contracts.Http;
using Holdfast.Handoff.Service.Tests.World;
using Holdfast.Hosting;
using Holdfast.Servers;

namespace Holdfast.Handoff.Service.Tests;

public sealed class SurfaceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_cannot_be_handed_over_is_refused_in_words()
    {
        using var builds = new CounterBuilds();
        await using var supervisor = await NodeHost.SupervisorAsync(builds.Settings(FreePort.Next()));
        await supervisor.ServingAsync();
        await RefusedAsync(
            await HandOverAsync(supervisor, "nobody", "1.0"), HttpStatusCode.NotFound, "there are counter");
        foreach (var build in new[] { "2.0", "..", "../../bin", "", "1.0/../1.0" })
        {
            await RefusedAsync(
                await HandOverAsync(supervisor, "counter", build), HttpStatusCode.BadRequest, "one of 1.0 is wanted");
        }

        var misspelt = await supervisor.Http.PostAsJsonAsync(
            "/v1/daemons/counter/handoff", new { biuld = "1.0" }, Cancel);
        misspelt.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var nothing = await supervisor.Http.PostAsync("/v1/daemons/counter/abort", null, Cancel);
        await RefusedAsync(nothing, HttpStatusCode.Conflict, ProblemCodes.NoHandoff);
        var unknown = await supervisor.Http.GetAsync($"/v1/handoffs/{Guid.NewGuid()}", Cancel);
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await supervisor.Http.GetAsync("/v1/handoffs/x", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var snapshot = await supervisor.Http.GetFromJsonAsync<HandoffSnapshot>("/snapshot", Cancel);
        snapshot!.Daemons.Single().State.ShouldBe("serving");
        (await supervisor.Http.GetAsync("/readyz", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_listener_that_is_taken_stops_the_start()
    {
        using var builds = new CounterBuilds();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var failure = await Should.ThrowAsync<IOException>(() => NodeHost.SupervisorAsync(builds.Settings(port)));
        failure.Message.ShouldStartWith($"The listener http=127.0.0.1:{port} cannot be opened");
    }

    [Fact]
    public async Task Two_supervisors_do_not_share_a_state_directory()
    {
        using var builds = new CounterBuilds();
        await using var first = await NodeHost.SupervisorAsync(builds.Settings(FreePort.Next()));
        var failure = await Should.ThrowAsync<InvalidDataException>(
            () => NodeHost.SupervisorAsync(builds.Settings(FreePort.Next())));
        failure.Message.ShouldContain("wanted is a folder of this supervisor's own");
    }

    [Fact]
    public async Task A_wrong_configuration_is_told_in_full()
    {
        using var builds = new CounterBuilds();
        var settings = builds.Settings(FreePort.Next());
        settings["Handoff:DrainGrace"] = "00:02:00";
        settings["Handoff:Heartbeat"] = "00:00:05";
        settings["Handoff:Daemons:0:Build"] = "../1.0";
        settings["Handoff:Daemons:0:Listeners:0"] = "8080";
        settings["Handoff:Daemons:0:ControlPath"] = new string('x', 108);
        settings["Handoff:Daemons:0:Environment:0"] = "=1";
        var failure = await Should.ThrowAsync<WrongConfigurationException>(() => NodeHost.SupervisorAsync(settings));
        foreach (var told in new[]
        {
            "Handoff:DrainGrace (00:02:00) must be below Handoff:Deadline (00:01:00).",
            "Handoff:Heartbeat (00:00:05) must be at most a third of Handoff:Liveness (00:00:10).",
            "Handoff:Daemons:0:Build is '../1.0'; wanted is the name of a build",
            "Handoff:Daemons:0:Listeners has '8080'; wanted is name=address:port",
            "wanted is a path of 1 to 100 bytes",
            "Handoff:Daemons:0:Environment has '=1'; wanted is KEY=VALUE.",
        })
        {
            failure.Message.ShouldContain(told);
        }
    }

    private static Task<HttpResponseMessage> HandOverAsync(NodeHost supervisor, string daemon, string build) =>
        supervisor.Http.PostAsJsonAsync(
            $"/v1/daemons/{daemon}/handoff", new HandoffRequest { Build = build }, Cancel);

    private static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string words)
    {
        answer.StatusCode.ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain(words);
    }
}
