using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;

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

    /// <summary>Builds the host and runs it until it is told to stop.</summary>
    /// <returns>The exit code: 0, <see cref="WrongConfigurationCode"/> or <see cref="UnavailableCode"/>.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        try
        {
            await using var app = build();
            await app.RunAsync();
            return 0;
        }
        catch (WrongConfigurationException wrong)
        {
            return await RefuseAsync(wrong.Message, WrongConfigurationCode);
        }
        catch (InvalidDataException unreadable)
        {
            // A configuration file that is no JSON, for instance.
            return await RefuseAsync(
                $"{unreadable.Message} {unreadable.InnerException?.Message}".TrimEnd(), WrongConfigurationCode);
        }
        catch (IOException taken) when (taken.InnerException is AddressInUseException)
        {
            return await RefuseAsync(taken.Message, UnavailableCode);
        }
    }

    private static async Task<int> RefuseAsync(string message, int code)
    {
        await Console.Error.WriteLineAsync(message);
        return code;
    }
}
