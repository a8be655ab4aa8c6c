using System.Globalization;

namespace Holdfast.Failover.Rounds.Rounds;

/// <summary>
/// What rounds to run, as the command line says it:
/// <code>
/// --rounds N      so many rounds
/// --seed S        the seed of the first; 1 by default
/// --only FAULT    none but this one, a name of RoundFault; its seeds go through the steps of a sweep
/// --break MISTAKE IgnoresEpochs or MissesAnAnnouncement, which the rounds must find
/// --summary FILE  appends a row of what was run
/// </code>
/// </summary>
internal sealed record RoundArguments
{
    public int Rounds { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    public RoundFault? Only { get; init; }

    public RoundMistake Mistake { get; init; }

    public string? Summary { get; init; }

    public static bool AreMeant(IReadOnlyList<string> args) => args.Contains("--rounds", StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A fault or mistake is not known.</exception>
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
                "--seed" => parsed with { Seed = ulong.Parse(Value(), CultureInfo.InvariantCulture) },
                "--only" => parsed with { Only = Enum.Parse<RoundFault>(Value(), ignoreCase: true) },
                "--break" => parsed with { Mistake = Enum.Parse<RoundMistake>(Value(), ignoreCase: true) },
                "--summary" => parsed with { Summary = Value() },
                var unknown => throw new FormatException($"{unknown} is not known."),
            };
        }

        return parsed;
    }
}
