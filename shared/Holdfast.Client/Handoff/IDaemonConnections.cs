namespace Holdfast.Client.Handoff;

/// <summary>
/// The connections of a daemon: Kestrel's, in <c>Holdfast.Client.AspNetCore</c>, or those of a server of one's own.
/// The listeners belong to the supervisor; accepting stops, they never close.
/// </summary>
public interface IDaemonConnections
{
    /// <summary>The addresses listened on.</summary>
    IReadOnlyList<string> Listening { get; }

    /// <summary>Completes when the server is up, so that nothing but <see cref="Accept"/> is missing.</summary>
    Task Up { get; }

    /// <summary>Whether the program could serve if it accepted now.</summary>
    Task<bool> IsHealthyAsync(CancellationToken cancel);

    /// <summary>Accepts connections, and lets held requests go on. Repeating it changes nothing.</summary>
    void Accept();

    /// <summary>
    /// Lets connections end within the grace, then stops accepting and waits for what is left, all within the grace.
    /// </summary>
    Task<DrainReport> DrainAsync(TimeSpan grace, CancellationToken cancel);

    /// <summary>
    /// Holds requests that still come on connections that did not end: until <see cref="Accept"/>, or the end of the
    /// process.
    /// </summary>
    void Hold();
}

/// <summary>What draining came to.</summary>
/// <param name="OpenConnectionsRemaining">Connections that did not end.</param>
/// <param name="AcceptClosed">Whether no new ones come.</param>
public sealed record DrainReport(int OpenConnectionsRemaining, bool AcceptClosed);
