using Holdfast.Handoff.Protocol.Supervision;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>
/// Handoffs under random courses of deliveries, deaths, aborts, delays, a disk and a directory that fail. The stage
/// checks at every step that at most one process has the data, that nobody is begun with before the seal or resumed
/// before the successor is gone, and that no Commit is said before it is on disk; here, that in the end
/// somebody serves.
/// </summary>
public sealed class AnyCourseTests
{
    private const int Courses = 3_000;

    [Fact]
    public void After_any_course_one_process_serves_and_no_handoff_is_left()
    {
        for (var seed = 0; seed < Courses; seed++)
        {
            try
            {
                Play(new Random(seed));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }
        }
    }

    private static void Play(Random random)
    {
        var stage = new Stage().Started().Wanted();
        for (var step = 0; step < 60; step++)
        {
            switch (random.Next(24))
            {
                case 0 when stage.Actors.Count > 0:
                    stage.Kill(stage.Actors[random.Next(stage.Actors.Count)]);
                    break;
                case 1:
                    stage.Step(new SupervisorInput.AbortWanted("at random"));
                    break;
                case 2:
                    stage.Pass(TimeSpan.FromSeconds(random.Next(1, 12)));
                    break;
                case 3:
                    stage.DirectoryAway = random.Next(2) == 0 ? "at random" : null;
                    break;
                case 4:
                    stage.DiskFails = random.Next(3) == 0;
                    break;
                default:
                    var lanes = stage.Lanes.ToList();
                    if (lanes.Count > 0) stage.Deliver(lanes[random.Next(lanes.Count)]);
                    break;
            }
        }

        (stage.DirectoryAway, stage.DiskFails) = (null, false);
        for (var minute = 0; minute < 4 && !stage.IsServing; minute++)
        {
            stage.Settle();
            stage.Pass(TimeSpan.FromMinutes(1));
        }

        // What the disk did not take is written once more.
        stage.Settle();
        stage.Pass(TimeSpan.FromSeconds(2));
        stage.Settle();
        stage.IsServing.ShouldBeTrue($"{stage.Supervisor.State}\n{string.Join('\n', stage.Done)}");
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Serving>().Process.ShouldBe(stage.Serving.Identity);
        stage.Disk!.Handoff.ShouldBeNull();
    }
}
