using System.Net;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service;

/// <summary>What must hold between the options; each problem names keys, values and what is legal.</summary>
internal static class ConsensusRules
{
    public const int SecretBytesMin = 16;

    public static IEnumerable<string> Problems(ConsensusOptions options, NodeId self) =>
    [
        .. Timing(options),
        .. Membership(options, self),
        .. options.Voters.SelectMany((voter, at) => Addresses(voter, $"Consensus:Voters:{at}")),
        .. Secrecy(options),
        .. options.Tls is { } tls ? TlsProblems(tls, self) : [],
    ];

    /// <summary>Splits <c>host:port</c>, also <c>[::1]:7401</c>; null where it is something else.</summary>
    public static (string Host, int Port)? HostAndPort(string address)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(address.AsSpan(colon + 1), out var port) || port == 0) return null;
        var host = address[..colon];
        var bare = host is ['[', .., ']'] ? host[1..^1] : host;
        var legal = host.Contains(':', StringComparison.Ordinal)
            ? bare.Length < host.Length && IPAddress.TryParse(bare, out _)
            : Uri.CheckHostName(host) != UriHostNameType.Unknown;
        return legal ? (bare, port) : null;
    }

    private static IEnumerable<string> Timing(ConsensusOptions options)
    {
        if (options.ElectionTimeoutMin < 2 * options.Heartbeat)
        {
            yield return $"Consensus:ElectionTimeoutMin ({options.ElectionTimeoutMin}) must be at least twice " +
                $"Consensus:Heartbeat ({options.Heartbeat}).";
        }

        if (options.ElectionTimeoutMax < 1.2 * options.ElectionTimeoutMin)
        {
            yield return $"Consensus:ElectionTimeoutMax ({options.ElectionTimeoutMax}) must be at least 1.2 times " +
                $"Consensus:ElectionTimeoutMin ({options.ElectionTimeoutMin}).";
        }

        if (options.ReserveWait < TimeSpan.Zero || options.ReserveWait > options.ElectionTimeoutMin / 10)
        {
            yield return $"Consensus:ReserveWait ({options.ReserveWait}) must be from 0 to a tenth of " +
                $"Consensus:ElectionTimeoutMin ({options.ElectionTimeoutMin}).";
        }
    }

    private static IEnumerable<string> Membership(ConsensusOptions options, NodeId self)
    {
        if (self.Value.Length > 0 && options.Voters.All(voter => voter.Node != self))
        {
            yield return $"Consensus:Voters has {string.Join(", ", options.Voters.Select(voter => voter.Node))}; " +
                $"Node:Id '{self}' must be one of them.";
        }

        foreach (var twice in Repeated(options.Voters.Select(voter => voter.Node.Value)))
            yield return $"Consensus:Voters names the node '{twice}' more than once; each voter is one node.";
        foreach (var twice in Repeated(options.Voters.Select(voter => voter.RaftAddress)))
            yield return $"Consensus:Voters has the RaftAddress '{twice}' more than once; each voter has its own.";
        foreach (var twice in Repeated(options.Voters.Select(voter => voter.HttpAddress.ToString())))
            yield return $"Consensus:Voters has the HttpAddress '{twice}' more than once; each voter has its own.";
        if (options.Listen.Port == 0)
        {
            yield return $"Consensus:Listen is '{options.Listen}'; a port from 1 to 65535 is wanted, since the other " +
                "voters must find it.";
        }
    }

    private static IEnumerable<string> Addresses(VoterOptions voter, string path)
    {
        if (HostAndPort(voter.RaftAddress) is null)
        {
            yield return $"{path}:RaftAddress is '{voter.RaftAddress}'; a host and a port from 1 to 65535, such as " +
                "10.0.0.1:7401, are wanted.";
        }
    }

    private static IEnumerable<string> Secrecy(ConsensusOptions options)
    {
        if (options.SecretFile is not { } file)
        {
            if (options.Tls is { Required: true }) yield break;
            if (!options.Voters.All(voter => IsLoopback(voter.RaftAddress)))
            {
                yield return "Consensus:SecretFile is missing; a file with at least " +
                    $"{SecretBytesMin} bytes is wanted where a voter is not on loopback.";
            }
            else if (options.Voters.Count > 1 && !IPAddress.IsLoopback(options.Listen.Address))
            {
                // Whatever the others are called, whoever reaches this port would be believed.
                yield return $"Consensus:Listen is '{options.Listen}'; a loopback address is wanted where " +
                    "Consensus:SecretFile is missing.";
            }

            yield break;
        }

        if (SecretProblem(file) is { } problem) yield return $"Consensus:SecretFile is '{file}'; {problem}";
    }

    private static IEnumerable<string> TlsProblems(RaftTlsOptions tls, NodeId self)
    {
        var read = Problem(
            "CertificateFile",
            tls.CertificateFile,
            () => OwnCertificate.Read(tls.CertificateFile, tls.KeyFile),
            $"a certificate in PEM with the key in Consensus:Tls:KeyFile '{tls.KeyFile}'",
            out var own);
        if (read is not null) yield return read;
        read = Problem(
            "AuthorityFile",
            tls.AuthorityFile,
            () => CertificateAuthority.Read(tls.AuthorityFile),
            "the certificate of an authority in PEM",
            out var authority);
        if (read is not null) yield return read;
        if (own is null) yield break;
        var names = CertificateNames.Of(own.Certificate);
        if (self.Value.Length > 0 && !names.Contains(self.Value, StringComparer.Ordinal))
        {
            yield return $"Consensus:Tls:CertificateFile is '{tls.CertificateFile}', which names " +
                $"'{string.Join(", ", names)}'; a DNS name '{self}', the Node:Id, is wanted.";
        }

        if (authority is null) yield break;
        foreach (var use in Enum.GetValues<CertificateUse>())
        {
            if (authority.FaultOf(own.Certificate, own.Between, use) is not { } fault) continue;
            yield return $"Consensus:Tls:CertificateFile is '{tls.CertificateFile}'; wanted is one that is valid " +
                $"now, of the authority '{tls.AuthorityFile}', for a server and for a client. What is wrong: {fault}.";
            yield break;
        }
    }

    private static string? Problem<T>(string key, string file, Func<T> read, string wanted, out T? value)
        where T : class
    {
        try
        {
            value = read();
            return null;
        }
        catch (Exception unusable) when (Reloading<T>.IsOfFiles(unusable))
        {
            value = null;
            return $"Consensus:Tls:{key} is '{file}'; wanted is {wanted}. {unusable.Message}";
        }
    }

    private static string? SecretProblem(string file)
    {
        try
        {
            return ReadSecret(file).Length >= SecretBytesMin
                ? null
                : $"it has fewer than {SecretBytesMin} bytes, not counting white space at its end.";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"it cannot be read: {unreadable.Message}";
        }
    }

    /// <summary>The secret without the line end that editors add.</summary>
    public static ReadOnlyMemory<byte> ReadSecret(string file) =>
        File.ReadAllBytes(file).AsMemory().TrimEnd(" \t\r\n"u8);

    private static bool IsLoopback(string address) =>
        HostAndPort(address) is var (host, _) &&
        (host == "localhost" || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip)));

    private static IEnumerable<string> Repeated(IEnumerable<string> texts) =>
        texts.GroupBy(text => text, StringComparer.OrdinalIgnoreCase).Where(group => group.Skip(1).Any())
            .Select(group => group.Key);
}
