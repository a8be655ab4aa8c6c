namespace Holdfast.Client.Tests;

public sealed class BearerTokenFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void A_file_that_changed_is_read_again_though_it_kept_its_time_as_a_copy_does()
    {
        var token = Written("first");
        token.Read().ShouldBe("first");
        var time = File.GetLastWriteTimeUtc(_file);

        File.WriteAllText(_file, "\n  second \nthird\n");
        File.SetLastWriteTimeUtc(_file, time);

        token.Read().ShouldBe("second");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void While_the_file_is_replaced_what_was_read_before_counts(bool isThere)
    {
        var token = Written("first");
        token.Read().ShouldBe("first");

        if (isThere) File.WriteAllText(_file, "");
        else File.Delete(_file);
        token.Read().ShouldBe("first");

        File.WriteAllText(_file, "second\n");
        token.Read().ShouldBe("second");
    }

    [Fact]
    public void A_file_that_never_held_a_token_is_an_error_that_names_it()
    {
        var token = Written("\n \n");

        Should.Throw<IOException>(token.Read).Message.ShouldContain($"{_file} holds no token");
    }

    [Fact]
    public void Without_a_file_there_is_no_token() => new BearerTokenFile(null).Read().ShouldBeNull();

    public void Dispose() => File.Delete(_file);

    private BearerTokenFile Written(string text)
    {
        File.WriteAllText(_file, text);
        return new BearerTokenFile(_file);
    }
}
