using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;

namespace Holdfast.Standalone.Hub;

/// <summary>
/// Takes commands to those who answer them, and their answers back. Stations of one queue take turns, as consumers of
/// one queue of a broker do; each queue hears every command of its type, and the first answer counts. Nothing is kept:
/// where nobody is there, the sender hears so at once.
/// </summary>
internal sealed class CommandDesk
{
    /// <summary>Commands that wait for one station; beyond, it counts as not there.</summary>
    private const int WaitingMax = 64;

    private readonly Lock _gate = new();
    private readonly List<Station> _stations = [];
    private readonly ConcurrentDictionary<Guid, Pending> _pending = new();

    /// <summary>Opens a station, until it is disposed of.</summary>
    public Station Open(string type, string queue)
    {
        var station = new Station(this, type, queue);
        lock (_gate) _stations.Add(station);
        return station;
    }

    /// <summary>Asks everybody whom a command may concern.</summary>
    /// <param name="type">The name of its record.</param>
    /// <param name="command">The command.</param>
    /// <param name="traceParent">The trace that caused it.</param>
    /// <param name="cancel">Gives up; the command may have been carried out.</param>
    /// <returns>The first answer; null when nobody is there or nobody is concerned.</returns>
    public async Task<CommandReply?> AskAsync(
        string type, JsonElement command, string? traceParent, CancellationToken cancel)
    {
        var asked = Chosen(type).Select(station => Give(station, command, traceParent)).ToList();
        try
        {
            var waiting = asked.Select(pending => pending.Reply.Task.WaitAsync(cancel)).ToList();
            while (waiting.Count > 0)
            {
                var done = await Task.WhenAny(waiting);
                waiting.Remove(done);
                if (await done is { Type: not null } reply) return reply;
            }

            return null;
        }
        finally
        {
            foreach (var pending in asked) _pending.TryRemove(pending.Id, out _);
        }
    }

    /// <summary>Takes an answer; false where nobody waits for it any more.</summary>
    public bool Answer(Guid delivery, CommandReply reply) =>
        _pending.TryRemove(delivery, out var pending) && pending.Reply.TrySetResult(reply);

    /// <summary>One station of each queue: the one that had its turn longest ago.</summary>
    private List<Station> Chosen(string type)
    {
        lock (_gate)
        {
            var chosen = _stations.Where(station => station.Type == type).DistinctBy(station => station.Queue).ToList();
            foreach (var station in chosen)
            {
                _stations.Remove(station);
                _stations.Add(station);
            }

            return chosen;
        }
    }

    private Pending Give(Station station, JsonElement command, string? traceParent)
    {
        var pending = new Pending(Guid.NewGuid(), station);
        _pending[pending.Id] = pending;
        if (!station.Offer(new CommandDelivery(pending.Id, traceParent, command))) Release(pending);
        return pending;
    }

    private void Close(Station station)
    {
        lock (_gate) _stations.Remove(station);
        foreach (var pending in _pending.Values.Where(pending => pending.Station == station)) Release(pending);
    }

    private static void Release(Pending pending) => pending.Reply.TrySetResult(CommandReply.ForSomebodyElse);

    /// <summary>Where the commands of one type arrive for one who answers.</summary>
    public sealed class Station(CommandDesk desk, string type, string queue) : IDisposable
    {
        private readonly Channel<CommandDelivery> _deliveries = Channel.CreateBounded<CommandDelivery>(WaitingMax);

        public string Type { get; } = type;

        public string Queue { get; } = queue;

        public IAsyncEnumerable<CommandDelivery> ReadAsync(CancellationToken cancel) =>
            _deliveries.Reader.ReadAllAsync(cancel);

        public bool Offer(CommandDelivery delivery) => _deliveries.Writer.TryWrite(delivery);

        public void Dispose()
        {
            // From here on an offer fails, so that none comes after those that are released.
            _deliveries.Writer.TryComplete();
            desk.Close(this);
        }
    }

    private sealed record Pending(Guid Id, Station Station)
    {
        public TaskCompletionSource<CommandReply> Reply { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
