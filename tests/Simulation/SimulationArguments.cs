using System.Globalization;

namespace Holdfast.Simulation;

/// <summary>
/// How many seeds a program of simulations runs, and for how long, as its command line says it:
/// <code>
/// --seed S        this seed alone, with its story
/// --seeds N       so many seeds
/// --minutes M     seeds until the time is up (--hours H)
/// --first S       the first of them; 1 by default
/// --world NAME    only this world; all by default
/// --fault NAME    with this mistake switched on
/// --summary FILE  appends what was run
/// </code>
/// </summary>
public sealed record SimulationArguments
{
    public ulong? Seed { get; init; }

    public long? Seeds { get; init; }

    public TimeSpan? Limit { get; init; }

    public ulong First { get; init; } = 1;

    public string? World { get; init; }

    public string? Fault { get; init; }

    public string? Summary { get; init; }

    /// <summary>Whether a command line is one of these, or something else.</summary>
    public static bool AreMeant(IReadOnlyList<string> args) =>
        args.Any(static arg => arg is "--seed" or "--seeds" or "--minutes" or "--hours");

    /// <exception cref="FormatException">An argument is unknown, or its value missing or malformed.</exception>
    public static SimulationArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new SimulationArguments();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count) throw new FormatException($"{args[i]} wants a value.");
            var value = args[i + 1];
            parsed = args[i] switch
            {
                "--seed" => parsed with { Seed = ulong.Parse(value, CultureInfo.InvariantCulture) },
                "--seeds" => parsed with { Seeds = long.Parse(value, CultureInfo.InvariantCulture) },
                "--minutes" => parsed with { Limit = TimeSpan.FromMinutes(NumberOf(value)) },
                "--hours" => parsed with { Limit = TimeSpan.FromHours(NumberOf(value)) },
                "--first" => parsed with { First = ulong.Parse(value, CultureInfo.InvariantCulture) },
                "--world" => parsed with { World = value },
                "--fault" => parsed with { Fault = value },
                "--summary" => parsed with { Summary = value },
                var unknown => throw new FormatException($"{unknown} is not known."),
            };
        }

        return parsed;
    }

    private static double NumberOf(string value) => double.Parse(value, CultureInfo.InvariantCulture);
}
