using System.ComponentModel.DataAnnotations;
using System.Net;
using Holdfast.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Holdfast.Hosting.Tests.Configuration;

[Collection("standard error")]
public sealed class HoldfastOptionsTests
{
    [Fact]
    public void A_section_is_bound_with_every_kind_of_value()
    {
        var builder = Builder(
            ("My:Name", "n1"),
            ("My:Interval", "00:00:00.250"),
            ("My:Listen", "127.0.0.1:7946"),
            ("My:Address", "http://127.0.0.1:5000"),
            ("My:Kind", "WARM"),
            ("My:Fans", "7"),
            ("My:Seeds", "a:1, b:2"),
            ("My:Voters:0:Node", "v1"),
            ("My:Voters:1:Node", "v2"),
            ("My:Voters:1:Weight", "3"));

        var options = builder.AddHoldfastOptions<SampleOptions>("My");

        options.Name.ShouldBe(new NodeId("n1"));
        options.Interval.ShouldBe(TimeSpan.FromMilliseconds(250));
        options.Listen.ShouldBe(new IPEndPoint(IPAddress.Loopback, 7946));
        options.Address.ShouldBe(new Uri("http://127.0.0.1:5000"));
        options.Kind.ShouldBe(SampleKind.Warm);
        options.Fans.ShouldBe(7);
        options.Seeds.ShouldBe(["a:1", "b:2"]);
        options.Voters.ShouldBe([new() { Node = new NodeId("v1") }, new() { Node = new NodeId("v2"), Weight = 3 }]);
        var services = builder.Services.BuildServiceProvider();
        services.GetRequiredService<SampleOptions>().ShouldBeSameAs(options);
        services.GetRequiredService<IOptions<SampleOptions>>().Value.ShouldBeSameAs(options);
        services.GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public void The_defaults_are_legal()
    {
        var builder = Builder(("My:Name", "n1"));

        builder.AddHoldfastOptions<SampleOptions>("My", Relations);

        builder.Services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public void All_problems_of_all_sections_are_named_at_once_with_key_value_and_legal_range()
    {
        var builder = Builder(
            ("My:Interval", "5 parsecs"),
            ("My:DeadAfter", "00:00:00.001"),
            ("My:Listen", "localhost"),
            ("My:Address", "ftp://x"),
            ("My:Kind", "cold"),
            ("My:Fans", "seven"),
            ("My:JoinPassword", "123"),
            ("My:Voters:0:Node", "not legal"),
            ("My:Voters:1:Weight", "11"),
            ("Voter:Node", "v1"),
            ("Voter:Wait", "1"),
            ("Other:DeadAfter", "00:00:02"),
            ("Other:Name", "n1"));

        builder.AddHoldfastOptions<SampleOptions>("My", Relations);
        builder.AddHoldfastOptions<SampleVoter>("Voter");
        builder.AddHoldfastOptions<SampleOptions>("Other", Relations);

        var wrong = Should.Throw<WrongConfigurationException>(
            builder.Services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate);
        wrong.Message.ShouldBe(
            """
            The configuration is wrong, so nothing was started. 13 problems:
              - My:Name is missing; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.
              - My:Interval is '5 parsecs'; wanted is a duration such as 00:00:01.5, from 00:00:00.05 to 00:00:10.
              - My:DeadAfter is '00:00:00.001'; wanted is a duration such as 00:00:01.5, from 00:00:00.1 to 01:00:00.
              - My:Listen is 'localhost'; wanted is an address and port such as 127.0.0.1:7946.
              - My:Address is 'ftp://x'; wanted is an http or https URL.
              - My:Kind is 'cold'; wanted is one of hot, warm.
              - My:Fans is 'seven'; wanted is a whole number, from 1 to 16.
              - My:JoinPassword is not shown; wanted is text, at least 8 long.
              - My:Voters:0:Node is 'not legal'; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.
              - My:Voters:1:Node is missing; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.
              - My:Voters:1:Weight is '11'; wanted is a whole number, from 1 to 9.
              - Voter:Wait is not a setting; Voter has Node, Weight.
              - Other:DeadAfter (00:00:02) must be at least three times Other:Interval (00:00:01).
            """);
        wrong.Problems.Count.ShouldBe(13);
    }

    [Fact]
    public void A_bare_number_is_no_duration_because_it_would_be_read_as_days()
    {
        var builder = Builder(("My:Name", "n1"), ("My:Interval", "5"));

        builder.AddHoldfastOptions<SampleOptions>("My");

        Should.Throw<WrongConfigurationException>(
            builder.Services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate)
            .Problems.ShouldBe(
                ["My:Interval is '5'; wanted is a duration such as 00:00:01.5, from 00:00:00.05 to 00:00:10."]);
    }

    [Fact]
    public void A_section_added_twice_is_the_same_record_and_its_problems_are_said_once()
    {
        var builder = Builder();

        var first = builder.AddHoldfastOptions<SampleOptions>("My");
        var second = builder.AddHoldfastOptions<SampleOptions>("My");

        second.ShouldBeSameAs(first);
        Should.Throw<WrongConfigurationException>(
            builder.Services.BuildServiceProvider().GetRequiredService<IStartupValidator>().Validate)
            .Problems.ShouldBe(["My:Name is missing; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -."]);
    }

    [Fact]
    public async Task A_wrong_configuration_ends_the_program_with_code_78_and_a_message_without_stack_trace()
    {
        var before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            var code = await HoldfastProgram.RunAsync(() =>
            {
                var builder = Builder(("Auth:AllowAnonymous", "perhaps"));
                builder.AddHoldfastDefaults("sample");
                var app = builder.Build();
                app.MapHoldfastDefaults();
                return app;
            });

            code.ShouldBe(78);
            error.ToString().ShouldBe(
                """
                The configuration is wrong, so nothing was started. 3 problems:
                  - Node:Id is missing; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.
                  - Node:Cluster is missing; wanted is 1 to 128 characters of A-Z a-z 0-9 . _ -.
                  - Auth:AllowAnonymous is 'perhaps'; wanted is true or false.

                """);
        }
        finally
        {
            Console.SetError(before);
        }
    }

    [Fact]
    public async Task Without_a_token_file_or_a_word_that_none_is_wanted_nothing_starts()
    {
        var builder = Builder(("Node:Id", "n1"), ("Node:Cluster", "east"));
        builder.AddHoldfastDefaults("sample");
        await using var app = builder.Build();

        Should.Throw<WrongConfigurationException>(app.MapHoldfastDefaults).Problems.ShouldBe(
        [
            "Auth:TokenFile is missing; wanted is a file with a bearer token for changes, " +
            "or Auth:AllowAnonymous 'true' where everybody who reaches the port may change anything.",
        ]);
    }

    private static IEnumerable<string> Relations(SampleOptions options)
    {
        if (options.DeadAfter < 3 * options.Interval)
        {
            yield return $"Other:DeadAfter ({options.DeadAfter}) must be at least three times " +
                $"Other:Interval ({options.Interval}).";
        }
    }

    private static WebApplicationBuilder Builder(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        return builder;
    }

    public enum SampleKind
    {
        Hot,
        Warm,
    }

    public sealed record SampleVoter
    {
        public required NodeId Node { get; init; }

        [Range(1, 9)]
        public int Weight { get; init; } = 1;
    }

    public sealed record SampleOptions
    {
        public required NodeId Name { get; init; }

        [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
        public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

        [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
        public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(5);

        public IPEndPoint? Listen { get; init; }

        public Uri? Address { get; init; }

        public SampleKind Kind { get; init; }

        [Range(1, 16)]
        public int Fans { get; init; } = 3;

        [MinLength(8)]
        public string? JoinPassword { get; init; }

        public IReadOnlyList<string> Seeds { get; init; } = [];

        public IReadOnlyList<SampleVoter> Voters { get; init; } = [];
    }
}
