using System.Collections.Immutable;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>What a connection tells of who dialled, before it says a word.</summary>
internal abstract record Assurance
{
    private Assurance()
    {
    }

    /// <summary>Why it is refused what it claims; null for nothing.</summary>
    /// <param name="claimed">What it calls itself, which need not be a legal name.</param>
    public abstract FrameException? Against(string claimed);

    /// <summary>No TLS, and none is wanted here: the secret tells who it is.</summary>
    public sealed record InClear : Assurance
    {
        public override FrameException? Against(string claimed) => null;
    }

    /// <summary>No TLS where it is wanted.</summary>
    public sealed record InClearUnwanted : Assurance
    {
        public override FrameException Against(string claimed) =>
            new("plain", "a connection without TLS, which is wanted here");
    }

    /// <summary>A certificate was asked for.</summary>
    /// <param name="Fault">What is wrong with it; null when it is the authority's.</param>
    /// <param name="Names">Whom it names.</param>
    public sealed record Certified(CertificateFault? Fault, ImmutableArray<string> Names) : Assurance
    {
        public override FrameException? Against(string claimed) => Fault switch
        {
            CertificateFault.Missing => new FrameException("noCertificate", "no certificate was shown"),
            CertificateFault.Authority => new FrameException(
                "authority", "the certificate shown is not one of this group's authority"),
            CertificateFault.Expired => new FrameException(
                "expired", "the certificate shown is not valid now, by this machine's clock"),
            CertificateFault.Use => new FrameException(
                "use", "the certificate shown was issued for another use"),
            _ when !Names.Contains(claimed) => new FrameException(
                "name",
                $"the certificate shown names '{ForeignText.Of(string.Join(", ", Names))}', not " +
                $"'{ForeignText.Of(claimed)}'"),
            _ => null,
        };
    }
}
