using System.Globalization;
using Holdfast.Consensus.Rounds.Sandboxes;

namespace Holdfast.Consensus.Rounds.Rounds;

/// <summary>
/// What rounds to run, as the command line says it:
/// <code>
/// --rounds N      so many rounds
/// --first S       the seed of the first; 1 by default
/// --summary FILE  appends a row of what was run
/// --story NAME    Fault (the default), Members, or RollBack, which has a mistake that the round must find
/// --inside KIND   this is the process in the sandbox; it runs the one round of --first
/// </code>
/// </summary>
internal sealed record RoundArguments
{
    public int Rounds { get; init; } = 1;

    public ulong First { get; init; } = 1;

    public string? Summary { get; init; }

    public RoundStory Story { get; init; }

    public SandboxKind? Inside { get; init; }

    public static bool AreMeant(IReadOnlyList<string> args) =>
        args.Any(static arg => arg is "--rounds" or "--inside");

    /// <exception cref="ArgumentException">A story or a sandbox is not known.</exception>
    /// <exception cref="FormatException">An argument is unknown, or its value missing or malformed.</exception>
    public static RoundArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new RoundArguments();
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} wants a value.");
            parsed = args[i] switch
            {
                "--rounds" => parsed with { Rounds = int.Parse(Value(), CultureInfo.InvariantCulture) },
                "--first" => parsed with { First = ulong.Parse(Value(), CultureInfo.InvariantCulture) },
                "--summary" => parsed with { Summary = Value() },
                "--story" => parsed with { Story = Enum.Parse<RoundStory>(Value(), ignoreCase: true) },
                "--inside" => parsed with { Inside = Enum.Parse<SandboxKind>(Value()) },
                var unknown => throw new FormatException($"{unknown} is not known."),
            };
        }

        return parsed;
    }
}
