using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Service.Daemons;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Service.Tests;

public sealed class JournalFileTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-journal-").FullName;

    private string Journal => Path.Combine(_folder, "counter.journal");

    [Fact]
    public void What_was_written_is_read_again()
    {
        var file = new JournalFile(Journal);
        file.Read().ShouldBeNull();
        var incumbent = new DaemonProcess(41, 4_711, new BuildName("1.0"));
        var successor = new DaemonProcess(42, 4_712, new BuildName("1.1"));
        var fingerprint = new DataFingerprint([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        foreach (var step in Enum.GetValues<HandoffStep>())
        {
            var handoff = new HandoffRecord(
                new HandoffId(Guid.NewGuid()), step, successor, new Revisions(1, 2), fingerprint, true, "why");
            var journal = new DaemonJournal { Build = incumbent.Build, Process = incumbent, Handoff = handoff };
            file.Write(journal);
            new JournalFile(Journal).Read().ShouldBe(journal);
        }

        var bare = new DaemonJournal { Build = incumbent.Build };
        file.Write(bare);
        file.Read().ShouldBe(bare);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{ "format": 2, "build": "1.0" }""")]
    [InlineData("""{ "format": 1, "build": "../x" }""")]
    [InlineData("""{ "format": 1, "build": "1.0", "handoff": { "id": "x" } }""")]
    public void A_journal_that_cannot_be_read_stops_the_start(string content)
    {
        File.WriteAllText(Journal, content);
        Should.Throw<InvalidDataException>(() => new JournalFile(Journal).Read())
            .Message.ShouldContain("it says which process serves");
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);
}
