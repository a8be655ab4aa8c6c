using Holdfast.Primitives;
using Holdfast.Simulation;
using Holdfast.Simulation.Histories;

namespace Holdfast.Consensus.Simulation.Tests.Raft;

/// <summary>
/// Asks one thing at a time, of the voter it takes for the leader, over the same bad network, and writes down what it
/// is told. What is not answered in time may have happened, and may happen yet. Where it marks what it writes, it asks
/// the same again then, of another voter, and the whole is one call.
/// </summary>
internal sealed class KeyClient(int number, RaftWorld world, Chance chance, History<KeyCall, int> history)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int AttemptsMax = 6;

    // A network that repeats refusals would else make ever more questions of one, for as long as nobody leads.
    private const int RefusalsMax = 100;

    private int _call = -1;
    private int _refusals;
    private ulong _lastMark;
    private ClientQuestion? _question;
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
            if (answer.Leader is null) _leader = chance.Pick(world.Names);

            // A marked call may be on its way more than once, so that one refusal says nothing of the others.
            if (_question is { Mark.Number: > 0 } again)
            {
                if (++_refusals <= RefusalsMax) After(() => Ask(again));
                return;
            }

            history.Refused(_call);
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
        _refusals = 0;
        var id = _call = history.Called(number, call, world.Now);
        var isMarked = world.Options.Retries && act != KeyAct.Get;
        var mark = isMarked ? new KeyMark((byte)number, ++_lastMark) : default;
        _question = new ClientQuestion(this, id, call, mark);
        Send(_question, isMarked ? AttemptsMax : 1);
    }

    private void Send(ClientQuestion question, int attempts)
    {
        Ask(question);
        world.After(Patience, () =>
        {
            if (_call != question.Call) return;
            _leader = chance.Pick(world.Names);
            if (attempts > 1 && !world.IsHealed) Send(question, attempts - 1);
            else End();
        });
    }

    private void Ask(ClientQuestion question)
    {
        if (_call == question.Call) world.Ask(Name, _leader, question);
    }

    private void End()
    {
        _call = -1;
        After(Ask);
    }

    private void After(Action act) => world.After(chance.UpTo(TimeSpan.FromMilliseconds(60)), act);
}

/// <summary>A client's question on its way to a voter.</summary>
internal sealed record ClientQuestion(KeyClient Client, int Call, KeyCall Asked, KeyMark Mark);

/// <summary>
/// What a voter answers. Refused says that the call had and will have no effect, and perhaps who leads.
/// </summary>
internal sealed record ClientAnswer(int Call, bool IsRefused, int Value, NodeId? Leader);
