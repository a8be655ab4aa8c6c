namespace Holdfast.Contracts.Tests;

public sealed class EventIdentityTests
{
    // Computed with Python: uuid.uuid5(UUID("6d1f6a53-7c7e-4b0e-9a39-3c0d2f6a8f11"), "type\nsubject\nsequence").
    [Theory]
    [InlineData(
        "PeerDown", "peer/east/n1", "0000000000000007-0000000000000003", "c9d50ba0-6650-55b5-aa22-dd56c2663172")]
    [InlineData("GrainPromoted", "shard/0a", "ü", "8f07e939-9456-5585-8b5f-cc347e9a136c")]
    public void An_event_id_is_the_version_5_uuid_of_type_subject_and_sequence(
        string type, string subject, string sequence, string id) =>
        EventIdentity.IdOf(type, subject, sequence).ShouldBe(new Guid(id));

    [Fact]
    public void The_same_change_has_the_same_id_and_any_other_another()
    {
        var id = EventIdentity.IdOf<PeerDown>("peer/east/n1", "1");

        EventIdentity.IdOf("PeerDown", "peer/east/n1", "1").ShouldBe(id);
        EventIdentity.IdOf<PeerUp>("peer/east/n1", "1").ShouldNotBe(id);
        EventIdentity.IdOf<PeerDown>("peer/east/n2", "1").ShouldNotBe(id);
        EventIdentity.IdOf<PeerDown>("peer/east/n1", "2").ShouldNotBe(id);
    }

    [Theory]
    [InlineData(0UL, 0UL, "0000000000000000-0000000000000000")]
    [InlineData(42UL, 255UL, "000000000000002a-00000000000000ff")]
    [InlineData(ulong.MaxValue, 1UL, "ffffffffffffffff-0000000000000001")]
    public void A_sequence_is_two_times_16_hex_digits(ulong major, ulong counter, string text)
    {
        EventIdentity.Sequence(major, counter).ShouldBe(text);
        EventIdentity.MajorOf(text).ShouldBe(major);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2a-1")]
    [InlineData("zzzzzzzzzzzzzzzz-0000000000000001")]
    public void The_major_of_what_is_no_sequence_is_zero(string text) => EventIdentity.MajorOf(text).ShouldBe(0UL);

    [Fact]
    public void Exchanges_are_named_after_their_messages_and_never_change() =>
        Examples.Messages.Where(type => !Examples.Is<ICommandAnswer>(type)).Select(EventIdentity.ExchangeOf).ShouldBe(
        [
            "holdfast.cmd.abort-handoff", "holdfast.cmd.confirm-slot", "holdfast.consensus-alert",
            "holdfast.cmd.cordon-node", "holdfast.cmd.define-group", "holdfast.directory-memory-lost",
            "holdfast.failover-cancelled", "holdfast.failover-completed", "holdfast.failover-forced",
            "holdfast.failover-refused", "holdfast.failover-started", "holdfast.grain-claimed",
            "holdfast.grain-demoted", "holdfast.grain-promoted", "holdfast.grain-released",
            "holdfast.grain-transferred", "holdfast.handoff-aborted", "holdfast.handoff-committed",
            "holdfast.handoff-started", "holdfast.leader-elected", "holdfast.leader-lost",
            "holdfast.link-degraded", "holdfast.cmd.offer-transfer", "holdfast.cmd.pause-failover",
            "holdfast.peer-down", "holdfast.peer-fenced", "holdfast.peer-left", "holdfast.peer-suspected",
            "holdfast.peer-up", "holdfast.cmd.remove-group", "holdfast.cmd.request-handoff",
            "holdfast.cmd.resume-failover", "holdfast.cmd.scale-group",
            "holdfast.slot-placed", "holdfast.slot-recovered",
            "holdfast.slot-unhealthy", "holdfast.slot-unrecoverable", "holdfast.cmd.start-slot",
            "holdfast.cmd.stop-slot", "holdfast.cmd.uncordon-node", "holdfast.workload-down",
        ]);
}
