using System.Globalization;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Repository.Rules;

/// <summary>A log event is found by its id, so each id means one thing, and its thousand says who wrote it.</summary>
internal static class LogEvents
{
    private static readonly (string Folder, int First)[] Ranges =
    [
        ("services/Gossip", 1000),
        ("services/Consensus", 2000),
        ("services/Failover", 3000),
        ("services/Recovery", 4000),
        ("services/Handoff", 5000),
        ("shared/Holdfast.Hosting", 6000),
        ("shared/Holdfast.Directory", 7000),
        ("shared/Holdfast.Client", 8000),
        ("shared/Holdfast.Client.Bus", 8000),
        ("shared/Holdfast.Client.AspNetCore", 8000),
        ("services/Standalone", 9000),
        ("samples", 9500),
    ];

    private sealed record LogEvent(SourceFile File, AttributeSyntax Attribute, int? Id);

    public static IEnumerable<Finding> Check(SourceTree tree)
    {
        var events = tree.CSharp.Where(file => !file.IsUnder("tests")).SelectMany(Of).ToList();
        var repeated = events.Where(item => item.Id is not null)
            .GroupBy(item => item.Id)
            .SelectMany(group => group.Skip(1).Select(item => Repeats(item, group.First())));
        return events.SelectMany(InRange).Concat(repeated);
    }

    private static IEnumerable<Finding> InRange(LogEvent item)
    {
        var range = Array.Find(Ranges, range => item.File.IsUnder(range.Folder));
        if (item.Id is not { } id)
            yield return item.File.Break(item.Attribute, "a log message has a literal EventId");
        else if (range.Folder is null)
            yield return item.File.Break(item.Attribute, "this folder has no range of event ids");
        else if (id < range.First || id > range.First + 999)
            yield return item.File.Break(item.Attribute, $"id {id} is not in {range.First}..{range.First + 999}");
    }

    private static IEnumerable<LogEvent> Of(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
            .Where(attribute => attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute")
            .Select(attribute => new LogEvent(file, attribute, IdOf(attribute)));

    private static int? IdOf(AttributeSyntax attribute)
    {
        var arguments = attribute.ArgumentList?.Arguments ?? [];
        var named = arguments.FirstOrDefault(argument =>
            (argument.NameEquals?.Name ?? argument.NameColon?.Name)?.Identifier.Text is "EventId" or "eventId");
        var id = named ?? arguments.FirstOrDefault(argument => argument is { NameEquals: null, NameColon: null });
        return int.TryParse(id?.Expression.ToString(), CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static Finding Repeats(LogEvent item, LogEvent first) =>
        item.File.Break(item.Attribute, $"event id {item.Id} is taken in {first.File.Path}");
}
