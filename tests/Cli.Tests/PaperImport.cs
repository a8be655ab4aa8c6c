using Holdfast.Contracts.Http;

namespace Holdfast.Cli.Tests;

/// <summary>Voters that name the installation, and let one import at a time.</summary>
internal static class PaperImport
{
    private const string Session = "0001000000000080";

    public static void IsAllowed(PaperHosts hosts)
    {
        foreach (var voter in new[] { "voter-1", "voter-2", "voter-3" })
        {
            hosts.Answers(voter, ConsensusRoutes.Config, Config(voter));
            hosts.Answers(voter, ConsensusRoutes.Sessions, OwnSession());
            hosts.Answers(voter, ConsensusRoutes.Session(Session), OwnSession());
            hosts.Answers(voter, ConsensusRoutes.KeepAlive(Session), OwnSession());
            hosts.Answers(voter, ConsensusRoutes.Campaign("recovery/import"), new ElectionAnswer
            {
                Election = "recovery/import",
                Holder = Session,
                Token = "0001000000000081",
                Term = 4,
                Queue = [],
            });
        }
    }

    private static ConfigAnswer Config(string voter)
    {
        var hot = new HotConfig
        {
            Heartbeat = TimeSpan.FromMilliseconds(100),
            SnapshotEntries = 10_000,
            SnapshotBytes = 1 << 20,
            SnapshotTrailingEntries = 100,
            LearnerLagEntriesMax = 100,
        };
        return new ConfigAnswer
        {
            Node = voter,
            Hot = hot,
            Configured = hot,
            ElectionTimeoutMin = TimeSpan.FromMilliseconds(500),
            ElectionTimeoutMax = TimeSpan.FromSeconds(1),
            Fixed = new FixedConfig
            {
                Group = "bank",
                Generation = 1,
                ElectionTimeoutMin = TimeSpan.FromMilliseconds(500),
                ElectionTimeoutMax = TimeSpan.FromSeconds(1),
                ElectionHints = false,
                LeaseReads = false,
                ClockDriftMax = 0.01,
            },
        };
    }

    private static SessionAnswer OwnSession() => new()
    {
        Session = Session,
        Token = Session,
        Cluster = "east",
        Ttl = TimeSpan.FromSeconds(5),
        Agent = false,
        State = "live",
    };
}
