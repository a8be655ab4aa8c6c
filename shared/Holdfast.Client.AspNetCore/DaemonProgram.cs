using Holdfast.Client.Handoff;
using Microsoft.AspNetCore.Builder;

namespace Holdfast.Client.AspNetCore;

/// <summary>
/// Runs a daemon to its end: what an operator can mend becomes a message on standard error and an exit code.
/// </summary>
public static class DaemonProgram
{
    /// <summary>The configuration is wrong (EX_CONFIG).</summary>
    public const int WrongConfigurationCode = 78;

    /// <summary>The data directory or the fence is not to be had now (EX_UNAVAILABLE).</summary>
    public const int UnavailableCode = 69;

    /// <summary>Builds the application and runs it until it is stopped or handed over.</summary>
    /// <returns>The exit code: 0, one of the above, or <see cref="DaemonEnd.ExitCode"/>.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        try
        {
            await using var app = build();
            var stopping = app.Lifetime.ApplicationStopping;
            try
            {
                await app.RunAsync();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return Environment.ExitCode; // Told to stop while it started, which ends the start and nothing else.
            }

            return Environment.ExitCode;
        }
        catch (Exception e) when (CodeOf(e) is not null)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return CodeOf(e)!.Value;
        }
    }

    private static int? CodeOf(Exception failure) => failure switch
    {
        DaemonConfigurationException or HandoffEnvironmentException => WrongConfigurationCode,
        DataDirectoryHeldException or FenceUnreachableException => UnavailableCode,
        InvalidDataException => WrongConfigurationCode,
        _ => null,
    };
}

/// <summary>The section <c>HandoffDaemon</c> is wrong; the message names every problem.</summary>
public sealed class DaemonConfigurationException(string message) : Exception(message);
