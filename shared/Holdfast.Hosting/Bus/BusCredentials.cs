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
internal sealed class BusCredentials(EventBus bus, BusOptions options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

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
            await using var connection = await factory.CreateConnectionAsync(cancel);
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
}
