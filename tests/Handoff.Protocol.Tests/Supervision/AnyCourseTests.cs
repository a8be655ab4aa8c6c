using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

/// <summary>
/// Handoffs under random courses of deliveries, deaths, aborts, delays, broken streams, hanging seals, deaths of the
/// supervisor itself, a disk and a directory that fail. The stage checks at every step that at most one process has the
/// data, that nobody is begun with before the seal or resumed before the successor is gone, and that no Commit is said
/// before it is on disk; here, that in the end somebody serves under the newest epoch.
/// </summary>
public sealed class AnyCourseTests
{
    private const int Courses = 3_000;

    /// <summary>Deliberate faults of a supervisor, and what is seen of each.</summary>
    public static TheoryData<string, string> Faults => new()
    {
        { "begins before the seal", "the data must be sealed" },
        { "resumes beside a live successor", "the successor must be gone" },
        { "commits before the record", "it must be on disk" },
        { "tells the incumbent nothing", "under the newest epoch" },
        { "ends no successor", "nobody serves" },
        { "forgets the handoff in the journal", "Exception" },
    };

    [Fact]
    public void After_any_course_one_process_serves_and_no_handoff_is_left()
    {
        for (var seed = 0; seed < Courses; seed++)
        {
            try
            {
                Play(new Random(seed), new Stage());
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_supervisor_with_a_fault_is_found_out(string fault, string seen)
    {
        var found = Enumerable.Range(0, Courses)
            .Select(seed => Found(seed, fault))
            .FirstOrDefault(why => why is not null);

        found.ShouldNotBeNull($"{Courses} courses did not see it");
        found.ShouldContain(seen);
    }

    private static string? Found(int seed, string fault)
    {
        try
        {
            Play(new Random(seed), new Stage { Fault = (stage, output) => Break(fault, stage, output) });
            return null;
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name}: {failure.Message}";
        }
    }

    private static SupervisorOutput Break(string fault, Stage stage, SupervisorOutput output)
    {
        var effects = output.Effects;
        return fault switch
        {
            "begins before the seal" => output with
            {
                Effects =
                [
                    .. effects,
                    .. effects.Where(effect => Says<HandoffMessage.PrepareHandoff>(effect)).Select(
                        _ => new SupervisorEffect.Send(Peer.Successor, new HandoffMessage.Begin(Stage.Handoff))),
                ],
            },
            "resumes beside a live successor" => output with
            {
                Effects =
                [
                    .. effects.Where(effect => Says<HandoffMessage.Abort>(effect)).Select(
                        _ => new SupervisorEffect.Send(
                            Peer.Incumbent, new HandoffMessage.ResumeAfterAbort(Stage.Handoff))),
                    .. effects,
                ],
            },
            "commits before the record" when output.Store?.Handoff?.Step == HandoffStep.Committed => output with
            {
                Store = null,
                Effects =
                [
                    .. effects, new SupervisorEffect.Send(Peer.Successor, new HandoffMessage.Commit(Stage.Handoff)),
                ],
            },
            "tells the incumbent nothing" => output with
            {
                Effects = [.. effects.Where(effect => !Says<HandoffMessage.ResumeAfterAbort>(effect))],
            },
            "forgets the handoff in the journal" when output.Store is { } journal => output with
            {
                Store = journal with { Handoff = null },
            },
            "ends no successor" when stage.At == HandoffStep.Aborting => output with
            {
                Effects = [.. effects.Where(effect => effect is not SupervisorEffect.End)],
            },
            _ => output,
        };
    }

    private static bool Says<T>(SupervisorEffect effect)
        where T : HandoffMessage => effect is SupervisorEffect.Send { Message: T };

    private static void Play(Random random, Stage stage)
    {
        stage.Started().Wanted();
        for (var step = 0; step < 60; step++) Happen(random, stage);
        (stage.DirectoryAway, stage.DiskFails) = (null, false);
        for (var minute = 0; minute < 4 && !stage.IsServing; minute++)
        {
            stage.Settle();
            stage.Pass(TimeSpan.FromMinutes(1));
        }

        // What the disk did not take is written once more.
        stage.SettleInTime(TimeSpan.FromSeconds(2));
        var course = string.Join('\n', stage.Done);
        stage.IsServing.ShouldBeTrue($"nobody serves: {stage.Supervisor.State}\n{course}");
        stage.Supervisor.State.ShouldBeOfType<DaemonState.Serving>().Process.ShouldBe(stage.Serving.Identity);
        stage.Serving.Epoch.ShouldBe(stage.Epoch, $"under the newest epoch\n{course}");
        stage.Disk!.Handoff.ShouldBeNull();
    }

    private static void Happen(Random random, Stage stage)
    {
        switch (random.Next(28))
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
            case 5:
                stage.Cut(random.Next(2) == 0 ? Peer.Incumbent : Peer.Successor);
                break;
            case 6 when random.Next(3) == 0:
                stage.Restart(lingers: random.Next(2) == 0);
                break;
            case 7:
                stage.Wanted();
                break;
            case 8:
                stage.SealHangs = random.Next(4) == 0;
                break;
            default:
                var lanes = stage.Lanes.ToList();
                if (lanes.Count > 0) stage.Deliver(lanes[random.Next(lanes.Count)]);
                break;
        }
    }
}
