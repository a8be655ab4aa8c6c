using Holdfast.Primitives;
using Holdfast.Recovery.Protocol.Tests.World;

namespace Holdfast.Recovery.Protocol.Tests.Properties;

/// <summary>
/// What must hold of any course, and that the checker is worth its name: each fault that Recovery once had, or could
/// have, is put back, and must show within the courses of an ordinary run.
/// </summary>
public sealed class AnyCourseTests
{
    private const int CoursesOfARun = 100;

    [Fact]
    public void After_any_course_every_wanted_slot_runs_once_and_nothing_else_does()
    {
        for (var seed = 1; seed <= CoursesOfARun; seed++)
        {
            var said = new List<string>();
            if (Wrong(seed, Fault.None, said) is { } wrong)
                Assert.Fail($"Seed {seed}: {wrong}\n{string.Join('\n', said)}");
        }
    }

    [Fact]
    public void The_checker_sees_a_copy_built_beside_one_whose_host_only_lost_consensus() =>
        Shows(() => new Fault.EndOfSessionIsCertain(), "runs on");

    [Fact]
    public void The_checker_sees_that_an_earlier_process_is_forgotten_when_the_holder_changes() =>
        Shows(() => new Fault.PredecessorsAreForgotten(), "runs on");

    [Fact]
    public void The_checker_sees_that_a_slot_is_placed_on_a_node_under_a_token_below_its_last_fence() =>
        Shows(() => new Fault.FenceBeforeIsOverlooked(), "runs on");

    [Fact]
    public void The_checker_sees_a_late_confirmation_that_goes_backwards() =>
        Shows(() => new Fault.LateWordIsNewest(), "is called running");

    [Fact]
    public void The_checker_sees_that_a_session_that_was_never_opened_silences_a_host() =>
        Shows(() => new Fault.AnySessionIsGenuine(), "");

    private static void Shows(Func<Fault> fault, string symptom)
    {
        for (var seed = 1; seed <= CoursesOfARun; seed++)
        {
            if (Wrong(seed, fault(), [])?.Contains(symptom, StringComparison.Ordinal) != true) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"Shown by course {seed}.");
            return;
        }

        Assert.Fail($"None of {CoursesOfARun} courses shows it.");
    }

    /// <summary>What is wrong with a course; null when nothing is.</summary>
    private static string? Wrong(int seed, Fault fault, List<string> said)
    {
        try
        {
            new Course(seed, said, fault).Run();
            return null;
        }
        catch (Exception failure) when (failure is ShouldAssertException or InvariantViolatedException)
        {
            return failure.Message;
        }
    }
}
