using System.Text.RegularExpressions;

namespace Holdfast.Contracts.Tests;

/// <summary>docs/events.md shows each event as its golden file does; people write the words around it.</summary>
public sealed partial class EventsPageTests
{
    private static readonly string Page = Path.Combine(Golden.Repository, "docs", "events.md");

    public static TheoryData<string> MessageNames => WireTests.MessageNames;

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void A_message_is_shown_as_it_is_on_the_wire(string name)
    {
        var type = WireTests.TypeOf(name);
        var page = File.ReadAllText(Page);
        var section = Section(page, name);
        var golden = $"```json\n{Golden.JsonOf(type)}\n```";
        if (Golden.Rewrites)
        {
            // Tests of one class run one after another, so that nobody else writes the page meanwhile.
            File.WriteAllText(Page, page.Replace(section, JsonBlock().Replace(section, _ => golden, 1)));
            section = Section(File.ReadAllText(Page), name);
        }

        section.ShouldContain(golden, customMessage: $"docs/events.md, section {name}");
        if (Examples.Is<ICommandAnswer>(type)) return;
        section.ShouldContain($"`{EventIdentity.ExchangeOf(type)}`", customMessage: $"docs/events.md, section {name}");
    }

    private static string Section(string page, string name)
    {
        var start = page.IndexOf($"\n### {name}\n", StringComparison.Ordinal);
        start.ShouldBeGreaterThan(0, $"docs/events.md has no section {name}");
        var end = page.IndexOf("\n##", start + 4, StringComparison.Ordinal);
        return end < 0 ? page[start..] : page[start..end];
    }

    [GeneratedRegex("```json\n.*?```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();
}
