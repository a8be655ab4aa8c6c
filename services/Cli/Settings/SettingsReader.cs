using System.Globalization;
using Holdfast.Cli.Calls;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Configuration;

namespace Holdfast.Cli.Settings;

/// <summary>Puts the layers together and says all that is wrong at once.</summary>
internal sealed class SettingsReader
{
    public const string FileVariable = "HOLDFAST_CONFIG";

    private const string SentinelOptions = $"{DirectoryOptions.Section}:Sentinel";

    private const double TimeoutSecondsMin = 0.1;
    private const double TimeoutSecondsMax = 60;
    private const double TimeoutSeconds = 3;

    private readonly Func<SettingKey, Said?> _said;
    private readonly List<string> _problems = [];

    private SettingsReader(Func<SettingKey, Said?> said) => _said = said;

    /// <param name="option">What the command line says.</param>
    /// <param name="variable">The environment.</param>
    /// <param name="file">The file that the command line names.</param>
    /// <exception cref="ToolFailureException">Something is wrong; the message lists it all.</exception>
    public static ToolSettings Read(
        Func<SettingKey, IReadOnlyList<string>?> option, Func<string, string?> variable, string? file)
    {
        var layer = FileOf(file, variable);
        return new SettingsReader(key =>
            option(key) is { Count: > 0 } values ? new Said(values, key.OptionName)
            : variable(key.VariableName) is { Length: > 0 } value ? new Said([value], key.VariableName)
            : layer.GetValueOrDefault(key.Name)).Read();
    }

    private static IReadOnlyDictionary<string, Said> FileOf(string? file, Func<string, string?> variable)
    {
        if ((file ?? variable(FileVariable)) is { Length: > 0 } asked) return SettingsFile.Read(asked);
        return SettingsFile.UsualPath(variable) is { } usual && File.Exists(usual)
            ? SettingsFile.Read(usual)
            : new Dictionary<string, Said>(StringComparer.Ordinal);
    }

    private ToolSettings Read()
    {
        var settings = new ToolSettings
        {
            Consensus = Addresses(SettingKey.Consensus),
            Gossip = Addresses(SettingKey.Gossip),
            Failover = Addresses(SettingKey.Failover),
            Recovery = Addresses(SettingKey.Recovery),
            Handoff = Addresses(SettingKey.Handoff),
            TokenFile = Secret(SettingKey.TokenFile),
            Timeout = TimeSpan.FromSeconds(
                Number(SettingKey.Timeout, TimeoutSecondsMin, TimeoutSecondsMax, TimeoutSeconds)),
            AuthorityFile = Text(SettingKey.AuthorityFile),
            CertificateFile = Text(SettingKey.CertificateFile),
            KeyFile = Secret(SettingKey.KeyFile),
        };
        settings = settings with { Directory = DirectoryOf(settings) };
        if (_problems.Count == 0)
            _problems.AddRange(ClientTls.Problems(ServiceCaller.ConsensusOf(settings)).Select(Here));
        return _problems.Count == 0
            ? settings
            : throw ToolFailureException.Usage(string.Join(Environment.NewLine, _problems));
    }

    private DirectoryOptions? DirectoryOf(ToolSettings settings)
    {
        var sentinels = _said(SettingKey.DirectorySentinels);
        var at = _said(SettingKey.Directory);
        if ((at ?? sentinels) is not { } said) return null;
        var place = string.Join(',', said.Values);
        var isHttp = at is not null && place.Contains("://", StringComparison.Ordinal);
        if (isHttp && sentinels is not null)
        {
            _problems.Add($"{said.Where} has '{place}' and {sentinels.Where} names Sentinels; those know of Redis " +
                "only, so one of the two is wanted.");
        }

        var options = new DirectoryOptions
        {
            Deadline = settings.Timeout,
            Shards = (int)Number(
                SettingKey.DirectoryShards, 1, DirectoryLimits.ShardsMax, DirectoryLimits.ShardsDefault),
        };
        options = isHttp
            ? options with
            {
                Backend = DirectoryBackend.Http,
                Address = Address(place, said.Where),
                TokenFile = settings.TokenFile,
            }
            : options with
            {
                Redis = place,
                Sentinels = sentinels is null ? null : string.Join(',', sentinels.Values),
                SentinelMaster = Text(SettingKey.DirectorySentinelMaster) ?? options.SentinelMaster,
                SentinelUser = Text(SettingKey.DirectorySentinelUser),
                SentinelPasswordFile = Secret(SettingKey.DirectorySentinelPasswordFile),
                User = Text(SettingKey.DirectoryUser),
                PasswordFile = Secret(SettingKey.DirectoryPasswordFile),
            };
        if (_problems.Count == 0 && new DirectoryOptionsValidator().Validate(null, options) is { Failed: true } wrong)
            _problems.AddRange(wrong.Failures.Select(failure => $"{WhereOf(failure)}: {failure}"));
        return options;

        string WhereOf(string failure) =>
            sentinels is { } named && failure.StartsWith(SentinelOptions, StringComparison.Ordinal)
                ? named.Where
                : said.Where;
    }

    /// <summary>A problem of the client's options in the words of who set them.</summary>
    private string Here(string problem)
    {
        foreach (var key in (SettingKey[])[SettingKey.AuthorityFile, SettingKey.CertificateFile, SettingKey.KeyFile])
        {
            var option = $"{ConsensusClientOptions.Section}:{char.ToUpperInvariant(key.Name[0])}{key.Name[1..]}";
            problem = problem.Replace(option, _said(key)?.Where ?? key.OptionName, StringComparison.Ordinal);
        }

        return problem;
    }

    private Uri[] Addresses(SettingKey key) => _said(key) is { } said
        ?
        [
            .. said.Values
                .SelectMany(text => text.Split(
                    ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                .Select(text => Address(text, said.Where)).OfType<Uri>().Distinct(),
        ]
        : [];

    private Uri? Address(string text, string where)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" &&
            address.AbsolutePath is "/" && address.UserInfo.Length == 0)
        {
            return address;
        }

        _problems.Add($"{where} has '{text}'; an address such as http://10.0.0.1:7400 is wanted.");
        return null;
    }

    private string? Secret(SettingKey key)
    {
        if (Text(key) is not { } path) return null;
        if (SecretFile.Problem(path, _said(key)!.Where) is { } problem) _problems.Add(problem);
        return path;
    }

    private string? Text(SettingKey key)
    {
        if (_said(key) is not { } said) return null;
        if (said.Values.Count > 1) _problems.Add($"{said.Where} is said {said.Values.Count} times; once is wanted.");
        return said.Values[0];
    }

    private double Number(SettingKey key, double min, double max, double otherwise)
    {
        if (Text(key) is not { } text) return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) &&
            number >= min && number <= max)
        {
            return number;
        }

        _problems.Add(string.Create(
            CultureInfo.InvariantCulture, $"{_said(key)!.Where} is '{text}'; {min} to {max} is wanted."));
        return otherwise;
    }
}
