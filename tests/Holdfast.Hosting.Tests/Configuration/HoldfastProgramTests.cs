using System.Security.Authentication;
using Holdfast.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting.Tests.Configuration;

[Collection("standard error")]
public sealed class HoldfastProgramTests : IDisposable
{
    private readonly RecordedLog _log = new();

    public static TheoryData<Exception, int, string> Explained => new()
    {
        { new IOException("Port 1 is taken.", new AddressInUseException("in use")), 69, "Port 1 is taken." },
        { new InvalidDataException("The directory cannot be used.", new IOException("It is in use.")), 78,
            "The directory cannot be used. It is in use." },
    };

    public void Dispose() => _log.Dispose();

    [Theory]
    [MemberData(nameof(Explained))]
    public async Task A_failed_start_that_is_explained_is_said_once_without_stack_trace(
        Exception failure, int code, string message)
    {
        var ended = await RunAsync(services =>
        {
            services.AddHostedService<Waiting>();
            services.AddHostedService(_ => new FailingStart(failure));
        });

        ended.ShouldBe((code, message + Environment.NewLine));
        _log.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_start_that_is_a_bug_is_logged_and_thrown()
    {
        var bug = new InvalidOperationException("a bug");

        var thrown = await Should.ThrowAsync<InvalidOperationException>(
            () => RunAsync(services => services.AddHostedService(_ => new FailingStart(bug))));

        thrown.ShouldBeSameAs(bug);
        _log.Failures.ShouldContain(bug);
    }

    [Fact]
    public async Task A_background_service_that_fails_ends_the_process_with_a_code_a_message_and_its_log()
    {
        var bug = new InvalidOperationException("The disk is gone.");

        var ended = await RunAsync(services => services.AddHostedService(_ => new FailingLater(bug)));

        ended.ShouldBe((70,
            "FailingLater failed, so the service has stopped: The disk is gone. Its log says where." +
            Environment.NewLine));
        _log.Failures.ShouldContain(bug);
    }

    [Fact]
    public async Task A_password_that_is_refused_while_the_host_runs_is_said_once_without_stack_trace()
    {
        var refused = new InvalidCredentialException("It does not take the password.");

        var ended = await RunAsync(services => services.AddHostedService(_ => new FailingLater(refused)));

        ended.ShouldBe((78, "It does not take the password." + Environment.NewLine));
        _log.Failures.ShouldBeEmpty();
    }

    private async Task<(int Code, string Error)> RunAsync(Action<IServiceCollection> add)
    {
        var before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            return (await HoldfastProgram.RunAsync(() => Build(add)), error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }

    private WebApplication Build(Action<IServiceCollection> add)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "n1",
            ["Node:Cluster"] = "east",
            ["Auth:AllowAnonymous"] = "true",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.AddHoldfastDefaults("sample", telemetry: false);
        add(builder.Services);
        var app = builder.Build();
        app.MapHoldfastDefaults();
        return app;
    }

    private sealed class FailingStart(Exception failure) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw failure;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Waiting : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            new TaskCompletionSource().Task.WaitAsync(stoppingToken);
    }

    private sealed class FailingLater(Exception failure) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw failure;
        }
    }
}
