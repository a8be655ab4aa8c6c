using FsCheck;
using FsCheck.Fluent;

namespace Holdfast.Gossip.Protocol.Tests;

public sealed class ReplayWindowTests
{
    [Fact]
    public void Each_number_is_taken_once_and_none_that_is_too_old() =>
        Prop.ForAll(Gen.Choose(0, 300).ArrayOf().ToArbitrary(), numbers =>
        {
            var window = new ReplayWindow();
            var taken = new HashSet<int>();
            foreach (var number in numbers)
            {
                var isTooOld = taken.Count > 0 && number + ReplayWindow.Span <= taken.Max();
                var expected = !isTooOld && !taken.Contains(number);
                window.CanTake((ulong)number).ShouldBe(expected);
                window.TryTake((ulong)number).ShouldBe(expected);
                if (expected) taken.Add(number);
            }
        }).QuickCheckThrowOnFailure();
}
