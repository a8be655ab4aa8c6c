using System.Runtime.CompilerServices;
using System.Text;

namespace Holdfast.Scenarios;

/// <summary>
/// A scenario file: blocks of commands, each followed by <c>----</c> and what they must have led to, up to the next
/// empty line. Lines that begin with <c>#</c> tell the story. <c>HOLDFAST_REWRITE=1</c> writes what is told anew; the
/// difference is then reviewed like code.
/// </summary>
internal static class Story
{
    /// <summary>The file as it should read: its commands, each block with what it said.</summary>
    /// <param name="file">Its text.</param>
    /// <param name="act">Carries out one command.</param>
    /// <param name="said">What was said; emptied with each block.</param>
    public static string Play(string file, Action<string[]> act, StringBuilder said)
    {
        var text = new StringBuilder();
        var isExpected = false;
        foreach (var line in file.TrimEnd().Split('\n'))
        {
            if (line.Length == 0) isExpected = false;
            if (isExpected) continue;
            text.Append(line).Append('\n');
            if (line == "----")
            {
                isExpected = true;
                text.Append(said.Length > 0 ? said.ToString() : "nothing\n");
                said.Clear();
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                act(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return text.ToString();
    }

    /// <summary>The stories beside the caller's file, by name.</summary>
    public static IReadOnlyList<string> Names([CallerFilePath] string beside = "") =>
    [
        .. Directory.GetFiles(Path.GetDirectoryName(beside)!, "*.txt")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Order(),
    ];

    /// <summary>Plays the story of that name beside the caller's file, and demands its written course.</summary>
    public static void ShouldGoAsWritten(string name, Func<string, string> play, [CallerFilePath] string beside = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(beside)!, name + ".txt");
        var written = File.ReadAllText(path);
        var played = play(written);
        if (Environment.GetEnvironmentVariable("HOLDFAST_REWRITE") == "1") File.WriteAllText(path, played);
        else played.ShouldBe(written);
    }
}
