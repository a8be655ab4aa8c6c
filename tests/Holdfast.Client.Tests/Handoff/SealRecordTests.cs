using Holdfast.Handoff.Wire;
using Holdfast.Primitives;

namespace Holdfast.Client.Handoff;

public sealed class SealRecordTests : IDisposable
{
    private static readonly HandoffId Handoff = new(Guid.Parse("00000000-0000-0000-0000-000000000001"));
    private static readonly HandoffId Other = new(Guid.Parse("00000000-0000-0000-0000-000000000002"));
    private static readonly Epoch Sealed = new(Token.None, 7);
    private static readonly DataFingerprint Print = new(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly DataFingerprint OtherPrint = new(Enumerable.Repeat((byte)2, 32).ToArray());

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-seal-").FullName;

    [Fact]
    public void What_was_sealed_is_read_by_the_handoff_it_was_sealed_for_and_no_other()
    {
        Record().Write(_folder);

        SealRecord.Read(_folder, Other).ShouldBeNull();
        var read = SealRecord.Read(_folder, Handoff).ShouldNotBeNull();
        read.Difference(new OpenedData(new Revisions(5), Print)).ShouldBeNull();
    }

    [Fact]
    public void Without_a_record_there_is_nothing_to_compare_with()
    {
        SealRecord.Read(_folder, Handoff).ShouldBeNull();
        Record().Write(_folder);

        SealRecord.Remove(_folder);
        SealRecord.Remove(_folder);

        SealRecord.Read(_folder, Handoff).ShouldBeNull();
    }

    [Fact]
    public void Fewer_revisions_are_a_difference() =>
        Record().Difference(new OpenedData(new Revisions(4), Print)).ShouldNotBeNull().ShouldContain("do not cover");

    [Fact]
    public void Another_fingerprint_is_a_difference() =>
        Record().Difference(new OpenedData(new Revisions(5), OtherPrint)).ShouldNotBeNull()
            .ShouldContain("the fingerprint is");

    [Fact]
    public void Only_a_higher_epoch_is_above_the_one_that_sealed()
    {
        Record().IsBelow(new Epoch(Token.None, 8)).ShouldBeTrue();
        Record().IsBelow(Sealed).ShouldBeFalse();
        Record().IsBelow(new Epoch(Token.None, 6)).ShouldBeFalse();
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private static SealRecord Record() => SealRecord.Of(Handoff, Sealed, new SealedData(new Revisions(5), Print));
}
