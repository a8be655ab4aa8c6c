using Microsoft.Extensions.Logging;

namespace Holdfast.Hosting;

/// <summary>Event ids 6000 to 6999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception? exception);
}
