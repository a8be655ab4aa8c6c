using System.Buffers;
using System.Text;
using Holdfast.Consensus.Protocol;
using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>A state machine that keeps every command, and lets a test wait until it has one.</summary>
internal sealed class ListMachine : IStateMachine
{
    private readonly Lock _gate = new();
    private readonly List<string> _commands = [];
    private readonly List<(string Command, TaskCompletionSource Seen)> _waiting = [];

    public string[] Commands
    {
        get
        {
            lock (_gate) return [.. _commands];
        }
    }

    /// <summary>Set to make the machine throw at a command.</summary>
    public string? Poison { get; set; }

    public object? Apply(LogIndex index, Term term, ReadOnlySpan<byte> command)
    {
        var text = Encoding.UTF8.GetString(command);
        if (text == Poison) throw new InvalidOperationException("poison");
        lock (_gate)
        {
            _commands.Add(text);
            foreach (var (wanted, seen) in _waiting)
                if (wanted == text) seen.TrySetResult();
            return _commands.Count;
        }
    }

    /// <summary>Snapshots of other voters, or from before a restart, that took the place of its commands.</summary>
    public int Restored { get; private set; }

    public Action<IBufferWriter<byte>> Capture()
    {
        var commands = Commands;
        return to => to.Write(Encoding.UTF8.GetBytes(string.Join('\n', commands)));
    }

    public void Restore(ReadOnlySpan<byte> snapshot)
    {
        var text = Encoding.UTF8.GetString(snapshot);
        lock (_gate)
        {
            Restored++;
            _commands.Clear();
            if (text.Length > 0) _commands.AddRange(text.Split('\n'));
            foreach (var (wanted, seen) in _waiting)
                if (_commands.Contains(wanted)) seen.TrySetResult();
        }
    }

    public async Task HasAsync(string command)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_commands.Contains(command)) return;
            _waiting.Add((command, seen));
        }

        await seen.Task.OrFailAsync($"the state machine applies '{command}'");
    }
}
