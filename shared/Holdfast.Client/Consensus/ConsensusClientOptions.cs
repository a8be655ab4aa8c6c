using System.ComponentModel.DataAnnotations;

namespace Holdfast.Client;

/// <summary>Where Consensus is and how long a call to it may take.</summary>
public sealed record ConsensusClientOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "ConsensusClient";

    /// <summary>
    /// The HTTP addresses of the voters, for instance <c>http://10.0.0.1:7400</c>, as the voters name each other
    /// (<c>Consensus:Voters</c>, <c>HttpAddress</c>). All are wanted: a leader that is not among them is not asked, as
    /// the bearer token goes to these addresses only. At least one.
    /// </summary>
    [MinLength(1)]
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>
    /// A file with the bearer token that changes need; read again when it changes. Absent: no token is sent, and
    /// voters that demand one refuse.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// Whom to trust at https addresses instead of the machine's authorities: one or several root certificates in PEM,
    /// read again when they change. Default: none, and the machine's count.
    /// </summary>
    public string? AuthorityFile { get; init; }

    /// <summary>
    /// The certificate in PEM that is shown at https addresses, beside the token or instead of it; read again when it
    /// changes, for connections made from then on, each of which lasts 5 minutes. Legal only beside
    /// <see cref="KeyFile"/>. Default: none.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its private key in PEM, not encrypted. Default: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// How long a call may take in all, retries at other voters included. Longer rides out an election of a new
    /// leader, shorter tells the caller sooner. From 100 ms to 1 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long one voter may take before the next is asked. Shorter leaves a hung voter sooner, and gives a busy one
    /// less time. A call gives none more than its deadline divided by the number of voters, or 100 ms where that is
    /// less. From 50 ms to 1 min, not above <see cref="Deadline"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan AttemptDeadline { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// What is wrong with these options, each as a sentence that names section, key, value and range.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        if (Endpoints.Count == 0) yield return $"{Section}:Endpoints is empty; at least one URL of a voter is wanted.";
        foreach (var endpoint in Endpoints)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                yield return $"{Section}:Endpoints has '{endpoint}'; absolute http or https URLs are wanted.";
        }

        foreach (var problem in ClientTls.Problems(this)) yield return problem;
        if (Deadline < TimeSpan.FromMilliseconds(100) || Deadline > TimeSpan.FromMinutes(1))
            yield return $"{Section}:Deadline is {Deadline}; 00:00:00.100 to 00:01:00 is wanted.";
        if (AttemptDeadline < TimeSpan.FromMilliseconds(50) || AttemptDeadline > TimeSpan.FromMinutes(1))
            yield return $"{Section}:AttemptDeadline is {AttemptDeadline}; 00:00:00.050 to 00:01:00 is wanted.";
        if (AttemptDeadline > Deadline)
        {
            yield return $"{Section}:AttemptDeadline ({AttemptDeadline}) must not be above {Section}:Deadline " +
                $"({Deadline}).";
        }
    }
}
