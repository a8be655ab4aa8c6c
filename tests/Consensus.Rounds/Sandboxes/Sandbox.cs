using System.Diagnostics;

namespace Holdfast.Consensus.Rounds.Sandboxes;

/// <summary>What a round may do to the machine that it sees.</summary>
internal enum SandboxKind
{
    /// <summary>The machine itself: processes can be killed and stopped, nothing else.</summary>
    None,

    /// <summary>Networks, mounts and processes of its own, as a user without rights: disks are in memory.</summary>
    User,

    /// <summary>The same by root: disks are file systems on the disk.</summary>
    Root,
}

/// <summary>
/// A round runs in namespaces of its own for network, mounts and processes. What it sets up there ends with its first
/// process, however that ends, because the kernel takes the namespaces apart: nothing can be left behind. The first
/// process ends when its standard input does, and so with whoever started it.
/// </summary>
internal static class Sandbox
{
    private static readonly string[] Namespaces =
        ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

    /// <summary>The strongest that works here, and what keeps it from being stronger.</summary>
    public static async Task<(SandboxKind Kind, string? WhyNot)> FindAsync(CancellationToken cancel)
    {
        foreach (var tool in (string[])["unshare", "nsenter", "ip", "iptables", "mount"])
            if (Tool.PathOf(tool) is null) return (SandboxKind.None, $"`{tool}` is not installed");
        var kind = Environment.UserName == "root" ? SandboxKind.Root : SandboxKind.User;
        if (kind == SandboxKind.Root && Tool.PathOf("mkfs.ext4") is null)
            return (SandboxKind.None, "`mkfs.ext4` is not installed");

        var probe = await Tool.TryAsync(
            "unshare", [.. ArgumentsOf(kind), "sh", "-c", "mount -t tmpfs tmpfs /run && ip link set lo up"], cancel);
        return probe is null ? (kind, null) : (SandboxKind.None, $"a sandbox is not allowed here: {probe}");
    }

    /// <summary>How to start this program in one.</summary>
    public static ProcessStartInfo Start(SandboxKind kind, IEnumerable<string> arguments)
    {
        string[] program = [Environment.ProcessPath ?? "dotnet", .. Assembly(), .. arguments];
        var start = kind == SandboxKind.None
            ? new ProcessStartInfo(program[0], program[1..])
            : new ProcessStartInfo(Tool.PathOf("unshare")!, [.. ArgumentsOf(kind), .. program]);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        return start;
    }

    private static string[] ArgumentsOf(SandboxKind kind) =>
        kind == SandboxKind.User ? ["--user", "--map-root-user", .. Namespaces] : Namespaces;

    /// <summary>`dotnet` is told which assembly; a program of its own is not.</summary>
    private static string[] Assembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(Sandbox).Assembly.Location]
            : [];
}
