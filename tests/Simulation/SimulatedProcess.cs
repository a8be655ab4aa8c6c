using Holdfast.Primitives;

namespace Holdfast.Simulation;

/// <summary>
/// What a process is to the simulation: lives, one after another, and pauses in them. An act that was set in one life
/// does not reach a later one. While the process is suspended (SIGSTOP, a pause of its machine) its acts wait, and come
/// all at once when it goes on; meanwhile the world and the clock of the machine went on.
/// </summary>
public sealed class SimulatedProcess(NodeId name, Schedule schedule, NodeClock clock)
{
    private readonly Queue<Action> _held = new();

    public NodeId Name { get; } = name;

    public NodeClock Clock { get; } = clock;

    /// <summary>Counts lives.</summary>
    public int Life { get; private set; }

    public bool IsUp { get; private set; }

    public bool IsSuspended { get; private set; }

    public void Start()
    {
        Invariant.Holds(!IsUp);
        Life++;
        IsUp = true;
    }

    /// <summary>It ends, however: nothing that it set in motion happens any more.</summary>
    public void End()
    {
        IsUp = false;
        Life++;
        _held.Clear();
        if (IsSuspended) Clock.Resume();
        IsSuspended = false;
    }

    public void Suspend()
    {
        if (!IsUp || IsSuspended) return;
        IsSuspended = true;
        Clock.Suspend();
        schedule.Trace.Add(schedule.Now, Name.Value, "suspended");
    }

    public void Resume()
    {
        if (!IsSuspended) return;
        IsSuspended = false;
        Clock.Resume();
        schedule.Trace.Add(schedule.Now, Name.Value, "resumed", (ulong)_held.Count);
        while (!IsSuspended && _held.TryDequeue(out var act)) act();
    }

    /// <summary>After a wait by the process' own clock, in this life.</summary>
    public void After(TimeSpan wait, Action act) => AfterTrue(Clock.TrueWait(wait), act);

    /// <summary>After a wait by the clock of the world: what a disk or a network takes.</summary>
    public void AfterTrue(TimeSpan wait, Action act)
    {
        var life = Life;
        schedule.After(wait, () =>
        {
            if (life == Life) Do(act);
        });
    }

    /// <summary>Now, or when it goes on; nothing where it is down.</summary>
    public void Do(Action act)
    {
        if (!IsUp) return;
        if (IsSuspended) _held.Enqueue(act);
        else act();
    }
}
