namespace Holdfast.Consensus.Rounds.Sandboxes;

/// <summary>
/// Where a voter keeps its data: a directory, in a sandbox on a small file system of its own, which can be full.
/// </summary>
internal sealed class VoterDisk
{
    private const int MegabytesOfDisk = 320;
    private const int BallastPiece = 64 * 1024;

    private readonly string _root;

    private VoterDisk(string root) => _root = root;

    public string Data => Path.Combine(_root, "data");

    private string Ballast => Path.Combine(_root, "ballast");

    public static async Task<VoterDisk> SetUpAsync(SandboxKind kind, string root, CancellationToken cancel)
    {
        System.IO.Directory.CreateDirectory(root);
        if (kind == SandboxKind.User)
            await Tool.DemandAsync("mount", $"-t tmpfs -o size={MegabytesOfDisk}m tmpfs {root}", cancel);
        if (kind == SandboxKind.Root) await MountImageAsync(root, cancel);
        return new VoterDisk(root);
    }

    /// <summary>Takes all the space there is; what was allotted to files before stays theirs.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var piece = BallastPiece; piece > 0; piece /= 16)
        {
            try
            {
                while (true) ballast.Write(new byte[piece]);
            }
            catch (IOException full) when (full.Message.Contains("space", StringComparison.OrdinalIgnoreCase))
            {
                // A smaller piece may still fit.
            }
        }

        ballast.Flush(flushToDisk: true);
    }

    public void MakeSpace() => File.Delete(Ballast);

    /// <summary>What is on it now, in another place of it; the voter must not run.</summary>
    public void Keep() => Copy(Data, Path.Combine(_root, "kept"));

    /// <summary>What was kept takes the place of what is there, as if nothing since had ever been flushed.</summary>
    public void RollBack()
    {
        System.IO.Directory.Delete(Data, recursive: true);
        System.IO.Directory.Move(Path.Combine(_root, "kept"), Data);
    }

    private static void Copy(string from, string to)
    {
        System.IO.Directory.CreateDirectory(to);
        foreach (var file in System.IO.Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    /// <summary>
    /// On the machine's disk, so that a flush is one. The image has no name any more once it is mounted, and ends with
    /// the mount.
    /// </summary>
    private static async Task MountImageAsync(string root, CancellationToken cancel)
    {
        var image = Path.GetTempFileName();
        try
        {
            await using (var file = File.OpenWrite(image)) file.SetLength(MegabytesOfDisk * 1024L * 1024);
            await Tool.DemandAsync("mkfs.ext4", $"-q -F -m 0 {image}", cancel);
            await Tool.DemandAsync("mount", $"-o loop {image} {root}", cancel);
        }
        finally
        {
            File.Delete(image);
        }
    }
}
