using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Standalone.Processes;

/// <summary>The temporary folder of one run, for this user only. Gone when disposed of.</summary>
internal sealed class WorkFolder : IDisposable
{
    public const string Prefix = "holdfast-";

    private const int TokenBytes = 32;

    public WorkFolder()
    {
        // Readable by its owner only (0700).
        Path = System.IO.Directory.CreateTempSubdirectory(Prefix).FullName;
        TokenFile = File("token");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(TokenFile, options);
        stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes))));
    }

    public string Path { get; }

    /// <summary>A bearer token made for this run; every change over HTTP needs it.</summary>
    public string TokenFile { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (System.IO.Directory.Exists(Path)) System.IO.Directory.Delete(Path, recursive: true);
    }
}
