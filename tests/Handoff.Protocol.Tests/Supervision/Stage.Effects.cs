using Holdfast.Handoff.Protocol.Supervision;
using Holdfast.Handoff.Wire;

namespace Holdfast.Handoff.Protocol.Tests.Supervision;

// What is done about what the supervisor wants.
internal sealed partial class Stage
{
    private void Play(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.Spawn spawn:
                Done.Add($"spawn {spawn.Role} {spawn.Build}");
                Spawn(spawn);
                break;
            case SupervisorEffect.End end:
                Done.Add($"{(end.Kill ? "kill" : "end")} {end.Process.Build}");
                End(Actors.Single(actor => actor.Identity == end.Process), end.Kill ? 137 : 0);
                break;
            case SupervisorEffect.Connect:
                Connect();
                break;
            case SupervisorEffect.Close close:
                Forget(close.Link);
                break;
            case SupervisorEffect.Send { Message: HandoffMessage.Heartbeat } beat:
                if (beat.To == Peer.Successor) BeatenAt = Now;
                break;
            case SupervisorEffect.Send send:
                Done.Add($"{send.Message.GetType().Name} to {send.To}");
                if (send.To == Peer.Incumbent) ToIncumbent(send.Message);
                else ToSuccessor(send.Message);
                break;
            case SupervisorEffect.RaiseEpoch raise:
                Done.Add("raise epoch");
                RaiseEpoch(raise.Question);
                break;
            case SupervisorEffect.Probe:
                Put("probe", new SupervisorInput.Probed(Greeting()?.Identity.Pid));
                break;
            case SupervisorEffect.Announce { Notice: { IsEvent: true } notice }:
                Done.Add($"announce {notice.Outcome}");
                break;
            default:
                PlayAgent(effect);
                break;
        }
    }

    private void PlayAgent(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.PlanSilence:
                Done.Add("plan silence");
                Put("agent", new SupervisorInput.SilencePlanned(true));
                break;
            case SupervisorEffect.EndSilence:
                Done.Add("end silence");
                break;
            case SupervisorEffect.Forget:
                Done.Add("forget");
                Put("agent", new SupervisorInput.Forgotten());
                break;
            case SupervisorEffect.Watch watch:
                Done.Add($"watch {watch.Process.Build}");
                break;
            default:
                break;
        }
    }

    private void Spawn(SupervisorEffect.Spawn spawn)
    {
        var actor = new Actor(new DaemonProcess(++_pid, 1, spawn.Build));
        if (spawn.Role == Peer.Incumbent)
        {
            Actors.ShouldAllBe(other => !other.HasData);
            actor.HasData = true;
            actor.Epoch = Epoch;
            _path = actor;
        }

        Actors.Add(actor);
        Put("process", new SupervisorInput.Spawned(spawn.Role, actor.Identity));
        if (spawn.Role == Peer.Incumbent) return;
        (actor.Doing, _successor) = (Doing.Waiting, actor);
        Put("process", Hello(Peer.Successor, actor));
    }
}
