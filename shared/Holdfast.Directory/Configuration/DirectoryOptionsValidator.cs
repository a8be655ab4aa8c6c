using System.Net;
using Microsoft.Extensions.Options;

namespace Holdfast.Directory.Configuration;

/// <summary>
/// What the values of <see cref="DirectoryOptions"/> demand of each other; their ranges are attributes.
/// </summary>
public sealed class DirectoryOptionsValidator : IValidateOptions<DirectoryOptions>
{
    public ValidateOptionsResult Validate(string? name, DirectoryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = Relations(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Relations(DirectoryOptions options)
    {
        if (!Enum.IsDefined(options.Backend))
            yield return $"Directory:Backend ({options.Backend}) must be redis, embedded or http.";
        if (options.OutboxEntriesMax < options.Shards)
        {
            yield return $"Directory:OutboxEntriesMax ({options.OutboxEntriesMax}) must be at least " +
                $"Directory:Shards ({options.Shards}).";
        }

        foreach (var problem in RedisRelations(options)) yield return problem;
        if (options.Backend == DirectoryBackend.Http &&
            options.Address is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            yield return $"Directory:Address ({options.Address?.ToString() ?? "absent"}) must be an http or https " +
                "address when Directory:Backend is http.";
        }

        if (options is { User: not null, PasswordFile: null })
            yield return $"Directory:User ({options.User}) needs Directory:PasswordFile (absent).";
        (string Key, string? Path)[] files =
        [
            ("PasswordFile", options.PasswordFile), ("TokenFile", options.TokenFile),
            ("SentinelPasswordFile", options.SentinelPasswordFile),
        ];
        foreach (var (key, path) in files)
        {
            if (path is not null && !CanRead(path))
                yield return $"Directory:{key} ({path}) must be a file that can be read.";
        }
    }

    private static IEnumerable<string> RedisRelations(DirectoryOptions options)
    {
        if (options.Backend != DirectoryBackend.Redis) yield break;
        if (options.Sentinels is null && !IsEndpoints(options.Redis))
            yield return $"Directory:Redis ({options.Redis}) must be host:port, several separated by ','.";
        if (options.Sentinels is not null && !IsEndpoints(options.Sentinels))
            yield return $"Directory:Sentinels ({options.Sentinels}) must be host:port, several separated by ','.";
        var (key, endpoints) =
            options.Sentinels is { } sentinels ? ("Sentinels", sentinels) : ("Redis", options.Redis);
        if (IsEndpoints(endpoints) && TwiceIn(endpoints) is { } twice)
            yield return $"Directory:{key} ({endpoints}) names {twice} twice; each once is wanted.";
        if (options.SentinelMaster is not { Length: > 0 } name || !name.All(IsNameOfMaster))
        {
            yield return $"Directory:SentinelMaster ({options.SentinelMaster}) must be letters, digits, '.', '-' or " +
                "'_', as in the Sentinels' own configuration.";
        }

        if (options is { SentinelUser: not null, SentinelPasswordFile: null })
        {
            yield return $"Directory:SentinelUser ({options.SentinelUser}) needs Directory:SentinelPasswordFile " +
                "(absent).";
        }
    }

    private static bool IsNameOfMaster(char one) => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_';

    private static bool CanRead(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return true;
        }
        catch (Exception unreadable) when (
            unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static bool IsEndpoints(string? text) =>
        text is { Length: > 0 } && text.Split(',').All(endpoint =>
            endpoint.LastIndexOf(':') is > 0 and var colon &&
            int.TryParse(endpoint.AsSpan(colon + 1), out var port) &&
            port is > 0 and <= IPEndPoint.MaxPort);

    private static string? TwiceIn(string endpoints) => endpoints.Split(',', StringSplitOptions.TrimEntries)
        .GroupBy(endpoint => endpoint, StringComparer.OrdinalIgnoreCase)
        .FirstOrDefault(same => same.Skip(1).Any())?.Key;
}
