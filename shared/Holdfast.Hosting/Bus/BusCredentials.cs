using System.Security.Authentication;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Holdfast.Hosting;

/// <summary>
/// Ends the start when the broker is there and does not take the password: nobody but an operator can mend that, and
/// waiting would hide it. Knocks by itself, since MassTransit tells only of the first failure, such as a broker that
/// was not there yet. Done once the bus has served: who served goes on while somebody changes passwords.
/// </summary>
/// <param name="bus">Serves, or not yet.</param>
/// <param name="options">Where the broker is, and as whom to knock.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="connect">How to connect; null: by the broker's client.</param>
internal sealed class BusCredentials(
    EventBus bus,
    BusOptions options,
    TimeProvider time,
    Func<ConnectionFactory, CancellationToken, Task<IAsyncDisposable>>? connect = null) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Func<ConnectionFactory, CancellationToken, Task<IAsyncDisposable>> _connect =
        connect ?? ConnectAsync;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Transport != BusTransport.RabbitMq) return;
        using var timer = new PeriodicTimer(Interval, time);
        while (bus.WaitsFor() is not null)
        {
            await KnockAsync(stoppingToken);
            await timer.WaitForNextTickAsync(stoppingToken);
        }
    }

    private async Task KnockAsync(CancellationToken cancel)
    {
        var factory = new ConnectionFactory
        {
            HostName = options.Host,
            Port = options.Port,
            VirtualHost = options.VirtualHost,
            UserName = options.Username,
            Password = options.EffectivePassword,
            RequestedConnectionTimeout = options.PublishDeadline,
        };
        try
        {
            await PartAsync(await _connect(factory, cancel), cancel);
        }
        catch (BrokerUnreachableException refused) when (refused.GetBaseException() is AuthenticationFailureException)
        {
            var source = options.PasswordFile is { } file ? $"Bus:PasswordFile ('{file}')" : "Bus:Password";
            throw new InvalidCredentialException(
                $"RabbitMQ at {options.Host}:{options.Port} does not take the password that {source} gives for " +
                $"Bus:Username ('{options.Username}').", refused);
        }
        catch (BrokerUnreachableException)
        {
            // Not there, or not yet; /readyz says why.
        }
    }

    private static async Task PartAsync(IAsyncDisposable connection, CancellationToken cancel)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            // It has let us in, which is all that was asked. That the two did not manage to part in time the client
            // tells in many ways.
        }
    }

    private static async Task<IAsyncDisposable> ConnectAsync(ConnectionFactory factory, CancellationToken cancel) =>
        await factory.CreateConnectionAsync(cancel);
}
