namespace Holdfast.Benchmarks;

/// <summary>The program to compare with is not installed.</summary>
internal sealed class PeerMissingException(string package)
    : Exception($"The peer is missing. Install it: sudo apt-get install --yes {package}");

/// <summary>What was measured is not what was to be: an error, or something acknowledged that was lost.</summary>
internal sealed class MeasurementFailedException(string what) : Exception(what);
