using Holdfast.Primitives;
using Holdfast.Simulation;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// Asks one thing at a time, of the voter it takes for the leader, over the same bad network, and writes down what it
/// is told. What is not answered in time may have happened, and may happen yet.
/// </summary>
internal sealed class KeyClient(int number, RaftWorld world, Chance chance, History<KeyCall, int> history)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private int _call = -1;
    private NodeId _leader = world.Names[0];

    public NodeId Name { get; } = new($"c{number}");

    public void Start() => world.After(chance.UpTo(TimeSpan.FromMilliseconds(200)), Ask);

    /// <summary>The answer to a call; a second answer, or one that is too late, is nobody's.</summary>
    public void Receive(ClientAnswer answer)
    {
        if (answer.Call != _call) return;
        if (answer.Leader is { } leader) _leader = leader;
        if (answer.IsRefused)
        {
            history.Refused(_call);
            if (answer.Leader is null) _leader = chance.Pick(world.Names);
        }
        else
        {
            history.Returned(_call, answer.Value, world.Now);
        }

        End();
    }

    private void Ask()
    {
        if (world.IsHealed) return;
        var act = chance.Next(4) switch
        {
            0 => KeyAct.Put,
            1 => KeyAct.Add,
            _ => KeyAct.Get,
        };
        var value = act == KeyAct.Put ? 1000 * chance.Next(1, 1000) : 1;
        var call = new KeyCall(act, KeyValues.KeyOf(chance), act == KeyAct.Get ? 0 : value);
        var id = _call = history.Called(number, call, world.Now);
        world.Ask(Name, _leader, new ClientQuestion(this, id, call));
        world.After(Patience, () =>
        {
            if (_call != id) return;
            _leader = chance.Pick(world.Names);
            End();
        });
    }

    private void End()
    {
        _call = -1;
        world.After(chance.UpTo(TimeSpan.FromMilliseconds(60)), Ask);
    }
}

/// <summary>A client's question on its way to a voter.</summary>
internal sealed record ClientQuestion(KeyClient Client, int Call, KeyCall Asked);

/// <summary>
/// What a voter answers. Refused says that the call had and will have no effect, and perhaps who leads.
/// </summary>
internal sealed record ClientAnswer(int Call, bool IsRefused, int Value, NodeId? Leader);
