using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hosting.Tests.Bus;

/// <summary>Knocking at a broker that behaves oddly. What a real one says is told in BrokerOutageTests.</summary>
public sealed class BusCredentialsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_broker_that_lets_one_in_and_does_not_manage_to_part_ends_nothing_and_is_knocked_at_again()
    {
        var nowhere = new BusOptions { Host = "127.0.0.1", Port = FreePort.Next() };
        await using var bus = EventBus.Open(nowhere, NullLoggerFactory.Instance);
        var (knocks, again) = (0, new TaskCompletionSource());
        using var credentials = new BusCredentials(bus, nowhere, TimeProvider.System, (_, _) =>
        {
            if (++knocks == 2) again.SetResult();
            return Task.FromResult<IAsyncDisposable>(new NeverParts());
        });

        await credentials.StartAsync(CancellationToken.None);
        await Task.WhenAny(again.Task, credentials.ExecuteTask!).WaitAsync(Patience);

        credentials.ExecuteTask!.Exception.ShouldBeNull("the host would end with it");
        again.Task.IsCompleted.ShouldBeTrue();
        await credentials.StopAsync(CancellationToken.None);
    }

    // What the client does where its time for closing is over before it began: of a process that gets no processor.
    private sealed class NeverParts : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => throw new TaskCanceledException();
    }
}
