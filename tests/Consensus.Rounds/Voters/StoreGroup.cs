using System.Diagnostics;
using System.Globalization;
using Holdfast.Consensus.Rounds.Load;
using Holdfast.KeyValue;

namespace Holdfast.Consensus.Rounds.Voters;

/// <summary>Voters of samples/KeyValue: Raft with its real disk and network, and a table of keys.</summary>
internal sealed class StoreGroup : VoterGroup
{
    /// <summary>Small segments, so that a round of seconds has several.</summary>
    public const int SegmentBytes = 4 * 1024 * 1024;

    private readonly string _program = ProgramOf("samples/KeyValue", "KeyValue");
    private readonly string _secret;
    private readonly int _snapshotEntries;

    /// <param name="places">Where they are.</param>
    /// <param name="snapshotEntries">After so many entries of the log one takes a snapshot.</param>
    public StoreGroup(VoterPlaces places, int snapshotEntries)
        : base(places)
    {
        _snapshotEntries = snapshotEntries;
        _secret = Path.Combine(Folder, "secret");
        File.WriteAllText(_secret, "a secret of the voters of one round");
    }

    public override string Name => "key-value";

    protected override ProcessStartInfo Launch(Voter voter) => new(
        "dotnet",
        [
            _program,
            "--node", voter.Name,
            "--data", voter.Disk.Data,
            "--clients", voter.Clients.ToString(),
            "--voters", string.Join(',', Voters.Select(other => $"{other.Name}={other.Raft}")),
            "--secret", _secret,
            "--segment-bytes", $"{SegmentBytes}",
            "--snapshot-entries", $"{_snapshotEntries}",
        ]);

    protected override async Task<VoterState?> AskStateAsync(Voter voter, CancellationToken cancel)
    {
        using var wire = await StoreWire.ConnectAsync(voter.Clients, cancel);
        var (status, payload) = await wire.AskAsync(StoreAction.State, "-", "", cancel);
        if (status != StoreStatus.Done) return null;
        var words = payload.Split(' ');
        return new VoterState(
            ulong.Parse(words[0], CultureInfo.InvariantCulture),
            words[1] == "Leader",
            words[2] == "-" ? null : words[2],
            ulong.Parse(words[3], CultureInfo.InvariantCulture),
            ulong.Parse(words[4], CultureInfo.InvariantCulture));
    }
}
