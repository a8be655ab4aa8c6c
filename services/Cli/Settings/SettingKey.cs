namespace Holdfast.Cli.Settings;

/// <summary>
/// A setting: <c>tokenFile</c> in the file, <c>HOLDFAST_TOKEN_FILE</c> in the environment, <c>--token-file</c> on the
/// command line.
/// </summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Value">What stands for its value in help.</param>
/// <param name="Help">What it means.</param>
internal sealed record SettingKey(string Name, string Value, string Help)
{
    public static readonly SettingKey Consensus = new(
        "consensus", "urls", "The voters of Consensus, separated by ','.")
    { IsList = true };

    public static readonly SettingKey Gossip = new(
        "gossip", "urls", "Agents of Gossip; a few of each cluster are enough.")
    { IsList = true };

    public static readonly SettingKey Failover = new(
        "failover", "urls", "Failovers, of every cluster.")
    { IsList = true };

    public static readonly SettingKey Recovery = new("recovery", "urls", "Recoveries.") { IsList = true };

    public static readonly SettingKey Handoff = new("handoff", "urls", "Supervisors of Handoff.") { IsList = true };

    public static readonly SettingKey TokenFile = new(
        "tokenFile", "file", "A file with the bearer token for changes, readable by its owner only.")
    { IsPath = true };

    public static readonly SettingKey Directory = new(
        "directory", "place", "The grain directory: host:port of Redis, several separated by ',', or an http URL.");

    public static readonly SettingKey DirectorySentinels = new(
        "directorySentinels", "places", "Its Sentinels, host:port, separated by ','; name all, instead of the place.");

    public static readonly SettingKey DirectorySentinelMaster = new(
        "directorySentinelMaster", "name", "What the Sentinels call the master; mymaster if not said.");

    public static readonly SettingKey DirectorySentinelUser = new(
        "directorySentinelUser", "name", "The user at the Sentinels.");

    public static readonly SettingKey DirectorySentinelPasswordFile = new(
        "directorySentinelPasswordFile", "file", "A file with their password, readable by its owner only.")
    { IsPath = true };

    public static readonly SettingKey DirectoryUser = new("directoryUser", "name", "The user at Redis.");

    public static readonly SettingKey DirectoryPasswordFile = new(
        "directoryPasswordFile", "file", "A file with its password, readable by its owner only.")
    { IsPath = true };

    public static readonly SettingKey DirectoryShards = new(
        "directoryShards", "count", "How many shards the directory was created with; 64 if not said.");

    public static readonly SettingKey AuthorityFile = new(
        "authorityFile", "file", "Whom to trust at https addresses, in PEM.")
    { IsPath = true };

    public static readonly SettingKey CertificateFile = new(
        "certificateFile", "file", "The certificate to show there, in PEM.")
    { IsPath = true };

    public static readonly SettingKey KeyFile = new(
        "keyFile", "file", "Its private key, in PEM, readable by its owner only.")
    { IsPath = true };

    public static readonly SettingKey Timeout = new(
        "timeout", "seconds", "How long one service may take to answer, 0.1 to 60; 3 if not said.");

    public static readonly IReadOnlyList<SettingKey> All =
    [
        Consensus, Gossip, Failover, Recovery, Handoff, TokenFile, Directory, DirectorySentinels,
        DirectorySentinelMaster, DirectorySentinelUser, DirectorySentinelPasswordFile, DirectoryUser,
        DirectoryPasswordFile, DirectoryShards, AuthorityFile, CertificateFile, KeyFile, Timeout,
    ];

    /// <summary>Several values, in the file an array.</summary>
    public bool IsList { get; init; }

    /// <summary>In the file it is taken from the file's folder on.</summary>
    public bool IsPath { get; init; }

    public string OptionName => $"--{Words('-')}";

    public string VariableName => $"HOLDFAST_{Words('_').ToUpperInvariant()}";

    private string Words(char between) => string.Concat(
        Name.Select(c => char.IsAsciiLetterUpper(c) ? $"{between}{char.ToLowerInvariant(c)}" : c.ToString()));
}

/// <summary>A value and where it was said, so that what is wrong with it can be said there.</summary>
internal sealed record Said(IReadOnlyList<string> Values, string Where);
