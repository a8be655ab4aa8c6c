namespace Holdfast.Consensus.Rounds.Checks;

/// <summary>A round found something that must not be.</summary>
internal sealed class RoundBrokenException(string what) : Exception(what);
