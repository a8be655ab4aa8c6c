namespace Holdfast.Consensus.Rounds.Load;

/// <summary>Clients that work while faults happen, and remember what they were told.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Writes that were acknowledged so far.</summary>
    int Acknowledged { get; }

    void Start();

    /// <summary>No client calls any more.</summary>
    Task StopAsync();

    /// <summary>Reads everything back, with all voters up, and compares.</summary>
    Task<LoadFindings> CheckAsync(CancellationToken cancel);
}

/// <summary>What came of a round's writes.</summary>
/// <param name="Acknowledged">So many were.</param>
/// <param name="Lost">Acknowledged and not there.</param>
/// <param name="Problems">What should not be, each as a sentence; empty when all is well.</param>
internal sealed record LoadFindings(int Acknowledged, int Lost, IReadOnlyList<string> Problems);
