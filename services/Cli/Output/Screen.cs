using System.Globalization;
using System.Text;

namespace Holdfast.Cli.Output;

/// <summary>What a text means to the eye.</summary>
internal enum Tone
{
    Plain,
    Strong,
    Quiet,
    Good,
    Warning,
    Bad,
}

/// <summary>A piece of a line.</summary>
internal readonly record struct Words(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Words(string text) => new(text);
}

/// <summary>
/// Text for people, laid out for a width: headings, lines that go on under their first word, and tables. What comes
/// from outside is printed without its control characters, so that no answer of a service moves the cursor.
/// </summary>
internal sealed class Screen(TextWriter writer, int width, bool isColoured)
{
    private const int Indent = 2;

    public void Blank() => writer.WriteLine();

    /// <summary>A title, and beside it the sum of what follows.</summary>
    public void Heading(string title, string sum = "") =>
        Write(0, TitleColumns, [new Words(title.PadRight(TitleColumns), Tone.Strong), .. Split(sum)]);

    /// <summary>A line of its own; what does not fit goes on below.</summary>
    public void Line(params IReadOnlyList<Words> line) => Write(Indent, Indent + 2, line);

    /// <summary>A line from the first column on.</summary>
    public void Title(params IReadOnlyList<Words> line) => Write(0, Indent, line);

    /// <summary>A name and what is to be said of it.</summary>
    public void Entry(string name, params IReadOnlyList<Words> value) =>
        Write(Indent, TitleColumns, [new Words(name.PadRight(TitleColumns - Indent), Tone.Quiet), .. value]);

    /// <summary>Columns in line; those that say nothing are left out.</summary>
    public void Table(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<Words>> rows)
    {
        if (rows.Count == 0) return;
        int[] spoken =
            [.. Enumerable.Range(0, headers.Count).Where(column => rows.Any(row => row[column].Text.Length > 0))];
        headers = [.. spoken.Select(column => headers[column])];
        rows = [.. rows.Select(row => (Words[])[.. spoken.Select(column => row[column])])];
        var columns = Columns(headers, rows);
        if (Needed(columns) > width && Needed(columns[..^1]) + LastColumnMin > width)
        {
            foreach (var row in rows) Record(headers, row);
            return;
        }

        WriteRow(columns, [.. headers.Select(header => new Words(header, Tone.Quiet))]);
        foreach (var row in rows) WriteRow(columns, row);
    }

    /// <summary>Without what a terminal would obey.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsUnwelcome)) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var c in text) clean.Append(IsUnwelcome(c) ? c is '\n' or '\t' ? ' ' : '\uFFFD' : c);
        return clean.ToString();
    }

    private const int TitleColumns = 13;
    private const int Gap = 2;
    private const int LastColumnMin = 16;

    private static bool IsUnwelcome(char c) =>
        char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format;

    private static int[] Columns(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<Words>> rows) =>
    [
        .. Enumerable.Range(0, headers.Count)
            .Select(column => Math.Max(headers[column].Length, rows.Max(row => Clean(row[column].Text).Length))),
    ];

    private static int Needed(int[] columns) => Indent + columns.Sum() + (Gap * Math.Max(0, columns.Length - 1));

    private void WriteRow(int[] columns, IReadOnlyList<Words> row)
    {
        var line = new List<Words>();
        for (var column = 0; column < columns.Length - 1; column++)
        {
            var text = Clean(row[column].Text);
            line.Add(row[column] with { Text = text.PadRight(columns[column] + Gap) });
        }

        Write(Indent, Needed(columns[..^1]) + Gap, [.. line, .. Split(row[^1])]);
    }

    /// <summary>A row where its table is too wide: its cells one after the other, each under its name.</summary>
    private void Record(IReadOnlyList<string> headers, IReadOnlyList<Words> row)
    {
        var line = new List<Words> { row[0] };
        for (var column = 1; column < headers.Count; column++)
        {
            if (row[column].Text.Length == 0) continue;
            line.Add(new Words($"  {headers[column].ToLowerInvariant()} ", Tone.Quiet));
            line.Add(row[column]);
        }

        Write(Indent, Indent * 2, line);
    }

    /// <summary>Words that may go to the next line by themselves.</summary>
    private static IEnumerable<Words> Split(Words words)
    {
        var parts = Clean(words.Text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
            yield return words with { Text = i < parts.Length - 1 ? parts[i] + " " : parts[i] };
    }

    private void Write(int indent, int hanging, IReadOnlyList<Words> line)
    {
        var (text, column) = (new StringBuilder().Append(' ', indent), indent);
        var pending = "";
        foreach (var piece in line.SelectMany(Breakable))
        {
            var body = piece.Text.TrimEnd(' ');
            var space = piece.Text.Length - body.Length;
            if (body.Length == 0)
            {
                pending += piece.Text;
                continue;
            }

            if (column + pending.Length + body.Length > width && column > Math.Max(indent, hanging))
            {
                writer.WriteLine(text);
                (text, column, pending) = (new StringBuilder().Append(' ', hanging), hanging, "");
            }

            text.Append(pending).Append(Painted(body, piece.Tone));
            column += pending.Length + body.Length;
            pending = new string(' ', space);
        }

        writer.WriteLine(text);
    }

    // Two blanks or more are layout and stay with the word before them.
    private static IEnumerable<Words> Breakable(Words words)
    {
        var text = Clean(words.Text);
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i - 1] != ' ' || text[i] == ' ') continue;
            yield return words with { Text = text[start..i] };
            start = i;
        }

        if (text.Length > 0) yield return words with { Text = text[start..] };
    }

    private string Painted(string text, Tone tone)
    {
        var code = tone switch
        {
            Tone.Strong => "1",
            Tone.Quiet => "2",
            Tone.Good => "32",
            Tone.Warning => "33",
            Tone.Bad => "31",
            _ => "",
        };
        return isColoured && code.Length > 0 && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
    }
}
