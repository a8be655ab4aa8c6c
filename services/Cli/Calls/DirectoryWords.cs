using Holdfast.Directory;

namespace Holdfast.Cli.Calls;

/// <summary>What the directory refuses, in the words of the wire and for people.</summary>
internal static class DirectoryWords
{
    public static string CodeOf(DirectoryStatus status) =>
        char.ToLowerInvariant(status.ToString()[0]) + status.ToString()[1..];

    /// <exception cref="ToolFailureException">It is not <see cref="DirectoryStatus.Ok"/>.</exception>
    public static void Demand(DirectoryStatus status)
    {
        if (status == DirectoryStatus.Ok) return;
        throw new ToolFailureException(ExitCode.Refused, CodeOf(status), Of(status));
    }

    public static string Of(DirectoryStatus status) => status switch
    {
        DirectoryStatus.ShardLost =>
            "A shard of the directory has no memory: it was never opened, or it has lost what it held.",
        DirectoryStatus.WrongFormat =>
            "The directory has another format, or another number of shards than --directory-shards says.",
        DirectoryStatus.Reasserting =>
            "A shard of the directory lost its memory, and owners are telling what they hold; try later.",
        DirectoryStatus.NotReasserting =>
            "The reassert window is not open: only there the directory takes what was exported.",
        _ => $"The directory answers {CodeOf(status)}.",
    };
}
