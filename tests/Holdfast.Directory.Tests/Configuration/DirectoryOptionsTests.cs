using Holdfast.Directory.Configuration;
using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Holdfast.Directory.Tests.Configuration;

public sealed class DirectoryOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() =>
        new DirectoryOptionsValidator().Validate(null, new DirectoryOptions()).Failures.ShouldBeNull();

    [Fact]
    public void Every_problem_is_named_with_key_value_and_what_is_legal()
    {
        var redis = new DirectoryOptionsValidator().Validate(null, new DirectoryOptions
        {
            Redis = "localhost",
            PasswordFile = Path.GetTempPath(),
            TokenFile = "/no/such/file",
            OutboxEntriesMax = 10,
        });
        var user = new DirectoryOptionsValidator().Validate(null, new DirectoryOptions { User = "svc" });
        var sentinels = new DirectoryOptionsValidator().Validate(null, new DirectoryOptions
        {
            Redis = "not used",
            Sentinels = "one:26379,two",
            SentinelMaster = "my master",
            SentinelUser = "svc",
        });
        var http = new DirectoryOptionsValidator().Validate(null, new DirectoryOptions
        {
            Backend = DirectoryBackend.Http,
        });

        redis.Failures.ShouldBe(
        [
            "Directory:OutboxEntriesMax (10) must be at least Directory:Shards (64).",
            "Directory:Redis (localhost) must be host:port, several separated by ','.",
            $"Directory:PasswordFile ({Path.GetTempPath()}) must be a file that can be read.",
            "Directory:TokenFile (/no/such/file) must be a file that can be read.",
        ]);
        user.Failures.ShouldBe(["Directory:User (svc) needs Directory:PasswordFile (absent)."]);
        sentinels.Failures.ShouldBe(
        [
            "Directory:Sentinels (one:26379,two) must be host:port, several separated by ','.",
            "Directory:SentinelMaster (my master) must be letters, digits, '.', '-' or '_', as in the Sentinels' own " +
                "configuration.",
            "Directory:SentinelUser (svc) needs Directory:SentinelPasswordFile (absent).",
        ]);
        http.Failures.ShouldBe(
        [
            "Directory:Address (absent) must be an http or https address when Directory:Backend is http.",
        ]);
    }

    [Fact]
    public void A_server_that_is_named_twice_is_refused()
    {
        var redis = new DirectoryOptionsValidator().Validate(
            null, new DirectoryOptions { Redis = "one:1,two:1, ONE:1" });
        var sentinels = new DirectoryOptionsValidator().Validate(
            null, new DirectoryOptions { Sentinels = "[::1]:1,[::1]:1" });

        redis.Failures.ShouldBe(
            ["Directory:Redis (one:1,two:1, ONE:1) names one:1 twice; each once is wanted."]);
        sentinels.Failures.ShouldBe(
            ["Directory:Sentinels ([::1]:1,[::1]:1) names [::1]:1 twice; each once is wanted."]);
    }

    [Theory]
    [InlineData("embedded", typeof(EmbeddedGrainDirectory))]
    [InlineData("redis", typeof(RedisGrainDirectory))]
    [InlineData("http", typeof(HttpGrainDirectory))]
    public async Task The_backend_is_chosen_by_configuration(string backend, Type expected)
    {
        await using var provider = Provide(
            ("Directory:Backend", backend), ("Directory:Address", "http://127.0.0.1:1"), ("Directory:Shards", "8"));

        var directory = provider.GetRequiredService<IGrainDirectory>();

        directory.ShouldBeOfType(expected);
        directory.Shards.ShouldBe(8);
    }

    [Theory]
    [InlineData("Directory:Shards", "0")]
    [InlineData("Directory:Shards", "257")]
    [InlineData("Directory:Deadline", "00:00:00.049")]
    [InlineData("Directory:OutboxBytesMax", "17179869185")]
    [InlineData("Directory:HistoryEntriesMax", "0")]
    [InlineData("Directory:Redis", "nowhere")]
    public async Task A_value_out_of_its_range_is_refused(string key, string value)
    {
        await using var provider = Provide((key, value));

        var wrong = Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IGrainDirectory>());

        wrong.Message.ShouldContain(key["Directory:".Length..]);
    }

    [Fact]
    public async Task A_directory_that_is_there_already_is_kept()
    {
        var mine = new EmbeddedGrainDirectory(new DirectoryOptions { Shards = 2 });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<IGrainDirectory>(mine);

        builder.AddGrainDirectory();

        await using var app = builder.Build();
        app.Services.GetRequiredService<IGrainDirectory>().ShouldBeSameAs(mine);
    }

    [Fact]
    public async Task Options_that_the_host_bound_itself_are_kept()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(
            Options.Create(new DirectoryOptions { Backend = DirectoryBackend.Embedded, Shards = 3 }));

        builder.AddGrainDirectory();

        await using var app = builder.Build();
        app.Services.GetRequiredService<IGrainDirectory>().Shards.ShouldBe(3);
    }

    private static ServiceProvider Provide(params IEnumerable<(string Key, string Value)> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            .Build());
        services.AddLogging();
        services.AddGrainDirectory();
        return services.BuildServiceProvider();
    }
}
