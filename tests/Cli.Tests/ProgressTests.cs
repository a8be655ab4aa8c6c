using Holdfast.Cli.Output;

namespace Holdfast.Cli.Tests;

/// <summary>What a person at a terminal sees of long work.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly StringWriter _errors = new();
    private readonly SteppedTime _time = new();

    public void Dispose() => _errors.Dispose();

    [Fact]
    public void One_line_is_written_over_by_the_next_and_taken_away_at_the_end()
    {
        using (var progress = new Progress(Around(isTerminal: true), "records"))
        {
            _time.Pass(TimeSpan.FromSeconds(1));
            progress.Report(1_500);
            _time.Pass(TimeSpan.FromSeconds(1));
            progress.Tell("waiting");
        }

        const string longest = "1,500 records, 1,500 a second";
        _errors.ToString().ShouldBe(
            $"\r{longest}\r{"waiting".PadRight(longest.Length)}\r{new string(' ', longest.Length)}\r");
    }

    [Fact]
    public void More_than_ten_lines_a_second_are_not_written()
    {
        using var progress = new Progress(Around(isTerminal: true), "records");
        foreach (var words in new[] { "one", "two", "three", "four" })
        {
            progress.Tell(words);
            _time.Pass(TimeSpan.FromMilliseconds(60));
        }

        _errors.ToString().ShouldBe("\rone\rthree");
    }

    [Fact]
    public void What_a_terminal_would_obey_is_not_written()
    {
        using var progress = new Progress(Around(isTerminal: true), "records");

        progress.Tell("\u001b[2Jgone");

        _errors.ToString().ShouldNotContain("\u001b");
    }

    [Fact]
    public void Where_nobody_looks_nothing_is_written()
    {
        using (var progress = new Progress(Around(isTerminal: false), "records"))
        {
            progress.Report(1);
            progress.Tell("more");
        }

        _errors.ToString().ShouldBeEmpty();
    }

    private Surroundings Around(bool isTerminal) => new()
    {
        Out = TextWriter.Null,
        Error = _errors,
        In = TextReader.Null,
        Variable = _ => null,
        IsErrorTerminal = isTerminal,
        Time = _time,
    };

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }
}
