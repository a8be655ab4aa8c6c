using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Hosting;

/// <summary>
/// Runs a service's host to its end and turns what an operator can mend into a readable message on standard error
/// and an exit code. Anything else is a bug and ends the process with its stack trace.
/// </summary>
public static class HoldfastProgram
{
    /// <summary>The configuration is wrong: <c>EX_CONFIG</c> of sysexits.h.</summary>
    public const int WrongConfigurationCode = 78;

    /// <summary>Something outside is not to be had, such as a port: <c>EX_UNAVAILABLE</c> of sysexits.h.</summary>
    public const int UnavailableCode = 69;

    /// <summary>A background service failed while the host ran: <c>EX_SOFTWARE</c> of sysexits.h.</summary>
    public const int FailedCode = 70;

    /// <summary>Builds the host and runs it until it is told to stop or a background service fails.</summary>
    /// <returns>
    /// The exit code: 0, <see cref="WrongConfigurationCode"/>, <see cref="UnavailableCode"/> or
    /// <see cref="FailedCode"/>.
    /// </returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        BackgroundService[] background = [];
        try
        {
            await using var app = build();
            background = [.. app.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
            await app.RunAsync();
        }
        catch (Exception failure) when (Explain(failure) is not null)
        {
            var (message, code) = Explain(failure)!.Value;
            return await RefuseAsync(message, code);
        }
        catch (Exception) when (FaultOf(background) is not null)
        {
            // The host may throw the fault again when it stops; its log has the stack trace already.
        }

        // The host stops when one fails, and would end as if it had been asked to.
        return FaultOf(background) is { } fault ? await RefuseAsync(fault.Message, fault.Code) : 0;
    }

    /// <summary>What an operator is told, and the exit code; null for a bug.</summary>
    internal static (string Message, int Code)? Explain(Exception failure) => failure switch
    {
        WrongConfigurationException wrong => (wrong.Message, WrongConfigurationCode),

        // A configuration file that is no JSON, for instance, or a data directory that cannot be used.
        InvalidDataException unreadable => (
            $"{unreadable.Message} {unreadable.InnerException?.Message}".TrimEnd(), WrongConfigurationCode),
        InvalidCredentialException refused => (refused.Message, WrongConfigurationCode),
        IOException { InnerException: AddressInUseException } taken => (taken.Message, UnavailableCode),
        _ => null,
    };

    /// <summary>A password that a server does not take shows only once the host runs, and is no bug either.</summary>
    internal static bool IsWrongCredential(Exception? failure) => failure is InvalidCredentialException;

    private static (string Message, int Code)? FaultOf(IEnumerable<BackgroundService> services)
    {
        foreach (var service in services)
        {
            if (service.ExecuteTask is { IsFaulted: true, Exception: { } fault })
            {
                return IsWrongCredential(fault.InnerException)
                    ? Explain(fault.InnerException!)
                    : ($"{service.GetType().Name} failed, so the service has stopped: " +
                        $"{fault.InnerException!.Message} Its log says where.", FailedCode);
            }
        }

        return null;
    }

    private static async Task<int> RefuseAsync(string message, int code)
    {
        await Console.Error.WriteLineAsync(message);
        return code;
    }
}
