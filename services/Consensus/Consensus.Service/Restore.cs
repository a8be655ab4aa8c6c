using System.Buffers.Binary;
using System.Globalization;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Storage;
using Holdfast.Hosting;

namespace Holdfast.Consensus.Service;

/// <summary>
/// <c>restore --from FILE --generation N</c>: writes this voter's data directory from a backup, by the voter's own
/// configuration. Run on every voter, with the same file and options, while all are stopped.
/// </summary>
public static class Restore
{
    public const string Verb = "restore";

    /// <summary>Whether the arguments ask for it instead of a voter.</summary>
    public static bool IsMeant(IReadOnlyList<string> arguments) => arguments is [Verb, ..];

    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        try
        {
            var configuration = WebApplication.CreateBuilder([.. arguments.Skip(1)]).Configuration;
            output.WriteLine(Run(configuration));
            return 0;
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException or UnauthorizedAccessException
            or BackupUnreadableException or WrongConfigurationException or DataDirectoryInUseException)
        {
            error.WriteLine(refused.Message);
            return HoldfastProgram.WrongConfigurationCode;
        }
    }

    /// <returns>What was done, for the operator.</returns>
    internal static string Run(IConfiguration configuration)
    {
        var (node, nodeProblems) = configuration.ReadHoldfastOptions<NodeOptions>(NodeOptions.Section);
        var (options, problems) = configuration.ReadHoldfastOptions<ConsensusOptions>(
            ConsensusOptions.Section, read => ConsensusRules.Problems(read, node.Id));
        string[] wrong = [.. nodeProblems, .. problems];
        if (wrong.Length > 0) throw new WrongConfigurationException(wrong);
        var from = configuration["from"] ?? throw new InvalidDataException("--from is missing; a file is wanted.");
        var host = ConsensusService.HostOptions(options, node);
        return Write(File.ReadAllBytes(from), GenerationOf(configuration), TtlMaxOf(configuration), options, host);
    }

    private static string Write(
        byte[] file, ushort generation, TimeSpan ttlMax, ConsensusOptions options, RaftHostOptions host)
    {
        var backup = Backup.Read(file);
        var header = backup.Header;
        if (header.Group != options.Group)
        {
            throw new InvalidDataException(
                $"The backup is of group '{header.Group}', and Consensus:Group is '{options.Group}'.");
        }

        if (generation <= header.Generation || generation <= options.Generation)
        {
            throw new InvalidDataException(
                $"--generation is {generation}; one above {header.Generation}, that of the backup, and above " +
                $"Consensus:Generation ({options.Generation}) is wanted, which the group never had: a generation " +
                "that it had would mint its tokens again. The setting is raised after the restore.");
        }

        var term = Term.OfLife(generation, MarkOf(backup, ttlMax));
        var restored = StateOf(backup).Restored(generation, term, ttlMax);
        NewLife.Write(
            host.DataDirectory,
            $"{host.Group}/{host.Node}",
            new SnapshotMark(header.Index, term, host.Bootstrap),
            restored.WriteTo);
        return
            $"Voter {host.Node} of group '{host.Group}' is restored from the backup that {header.Node} took at " +
            $"{header.TakenAt:u}, up to entry {header.Index} of generation {header.Generation}. Its generation is " +
            $"{generation}. Restore the others ({Others(host)}) from the same file, with the same options, then set " +
            $"Consensus:Generation to {generation} on every voter, and start them only then. Once one of generation " +
            $"{generation} has started, none is restored into it any more: a voter that loses its disk later joins " +
            "under another name, since restored it would vote again in terms in which it voted. Elections are " +
            $"granted again {ttlMax} after the group has a leader.";
    }

    /// <summary>
    /// All that the restored state is made of, beside the generation: voters on which any of it differs are of
    /// different lives and never believe each other, where they would otherwise hold different states under one index.
    /// </summary>
    private static uint MarkOf(Backup backup, TimeSpan ttlMax)
    {
        Span<byte> ticks = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(ticks, ttlMax.Ticks);
        return Crc32C.Of(ticks, backup.Fingerprint);
    }

    private static CoordinationState StateOf(Backup backup)
    {
        try
        {
            var state = CoordinationState.Read(backup.Content.Span);
            return state.AppliedIndex == backup.Header.Index && state.AppliedIndex > LogIndex.Zero
                ? state
                : throw new InvalidDataException("The backup's state is of another place than it says.");
        }
        catch (CommandCorruptException unreadable)
        {
            throw new InvalidDataException($"The backup's state cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static string Others(RaftHostOptions host) => string.Join(
        ", ", host.Voters.Select(static voter => voter.Node).Where(voter => voter != host.Node));

    private static ushort GenerationOf(IConfiguration configuration) =>
        ushort.TryParse(
            configuration["generation"], NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            ? generation
            : throw new InvalidDataException(
                $"--generation is '{configuration["generation"]}'; a number from 2 to 65535 is wanted.");

    private static TimeSpan TtlMaxOf(IConfiguration configuration)
    {
        var text = configuration["longest-ttl"];
        if (text is null) return CoordinationLimits.TtlMax;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var ttl) &&
            ttl >= CoordinationLimits.TtlMin && ttl <= CoordinationLimits.TtlMax
            ? ttl
            : throw new InvalidDataException(
                $"--longest-ttl is '{text}'; {CoordinationLimits.TtlMin} to {CoordinationLimits.TtlMax} is legal.");
    }
}
