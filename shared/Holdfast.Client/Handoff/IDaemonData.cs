using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

/// <summary>
/// The data of a daemon, as far as handoffs are concerned: what a program implements to be handed over. Never called
/// twice at a time, and called only while this process holds the lock of the data directory.
/// </summary>
public interface IDaemonData
{
    /// <summary>
    /// Opens the data for reading and writing, also after a seal or a failed seal, when this process is to serve on.
    /// Changes nothing that a process of the same build could not read after <see cref="CloseAsync"/>.
    /// </summary>
    /// <param name="epoch">The epoch to send along with every write; lower ones are refused from now on.</param>
    /// <param name="cancel">Gives up.</param>
    Task<OpenedData> OpenAsync(Epoch epoch, CancellationToken cancel);

    /// <summary>
    /// Makes everything that was acknowledged durable and writes nothing afterwards: the next process reads it when
    /// this returns. Writes that are waiting fail, or wait for <see cref="OpenAsync"/>.
    /// </summary>
    /// <param name="progress">To be called now and then when it takes long.</param>
    /// <param name="cancel">The handoff was given up, or the process ends: what follows is <see cref="OpenAsync"/> or
    /// <see cref="CloseAsync"/>.</param>
    Task<SealedData> SealAsync(IProgress<SealedShards> progress, CancellationToken cancel);

    /// <summary>Goes on under a newer epoch, without opening again.</summary>
    Task AdoptAsync(Epoch epoch, CancellationToken cancel);

    /// <summary>Closes the data as it is, sealed or not; the process ends.</summary>
    Task CloseAsync();
}

/// <summary>What was found at opening.</summary>
/// <param name="Revisions">The last revision of each shard.</param>
/// <param name="Fingerprint">What the files hold, counted as for <see cref="SealedData.Fingerprint"/>.</param>
public sealed record OpenedData(Revisions Revisions, DataFingerprint Fingerprint);

/// <summary>What was sealed.</summary>
/// <param name="Revisions">The last revision of each shard.</param>
/// <param name="Fingerprint">What the files hold.</param>
public sealed record SealedData(Revisions Revisions, DataFingerprint Fingerprint);

/// <summary>How far a seal is.</summary>
public readonly record struct SealedShards(uint Sealed, uint Total, ulong LastRevision);

/// <summary>A seal failed, and this is how far it came.</summary>
public sealed class SealFailedException(string error, string partialState) : Exception(error)
{
    /// <summary>What is sealed and what is not.</summary>
    public string PartialState { get; } = partialState;
}
