using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Client.AspNetCore.Daemons;

public sealed class DaemonProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_program_told_to_stop_while_it_starts_ends_in_order()
    {
        var code = await DaemonProgram.RunAsync(() =>
        {
            var builder = WebApplication.CreateBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddHostedService<StoppedInItsStart>();
            return builder.Build();
        }).WaitAsync(Patience);

        code.ShouldBe(0);
    }

    [Fact]
    public async Task A_start_given_up_for_another_reason_is_not_taken_for_an_end_in_order() =>
        await Should.ThrowAsync<OperationCanceledException>(DaemonProgram.RunAsync(() =>
        {
            var builder = WebApplication.CreateBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddHostedService<GivenUp>();
            return builder.Build();
        }).WaitAsync(Patience));

    private sealed class StoppedInItsStart(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class GivenUp : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            Task.FromException(new OperationCanceledException("not because of a signal"));

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
