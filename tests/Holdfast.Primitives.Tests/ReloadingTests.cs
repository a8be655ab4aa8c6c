namespace Holdfast.Primitives.Tests;

public sealed class ReloadingTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_file_of_the_same_time_and_length_is_read_again_when_it_holds_something_else()
    {
        var at = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        Write("old", at);
        var files = new Reloading<string>([_file], () => File.ReadAllText(_file));
        files.Read().ShouldBe("old");

        Write("new", at);

        files.Read().ShouldBe("new");
    }

    [Fact]
    public void What_cannot_be_used_is_told_once_and_what_was_read_before_counts()
    {
        var told = 0;
        var files = new Reloading<string>([_file], Demand, _ => told++);
        File.WriteAllText(_file, "good");
        files.Read().ShouldBe("good");

        File.WriteAllText(_file, "bad");
        files.Read().ShouldBe("good");
        files.Read().ShouldBe("good");
        told.ShouldBe(1);
        File.WriteAllText(_file, "better");
        files.Read().ShouldBe("better");

        string Demand()
        {
            var text = File.ReadAllText(_file);
            return text == "bad" ? throw new IOException("It is bad.") : text;
        }
    }

    private void Write(string text, DateTime at)
    {
        File.WriteAllText(_file, text);
        File.SetLastWriteTimeUtc(_file, at);
    }
}
