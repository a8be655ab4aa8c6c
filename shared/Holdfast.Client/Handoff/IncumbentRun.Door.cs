using System.Net.Sockets;
using Holdfast.Handoff.Wire;

namespace Holdfast.Client.Handoff;

// Where supervisors come in: the control path and the connections accepted there.
internal sealed partial class IncumbentRun
{
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ControlDoor? _door;

    private sealed class ControlDoor(string path, IncumbentRun run) : IAsyncDisposable
    {
        private const int LinksMax = 16;

        private readonly Dictionary<int, HandoffLink> _links = [];
        private readonly Lock _gate = new();
        private readonly List<Task> _closing = [];
        private ControlPath? _bound;
        private Task _accepting = Task.CompletedTask;
        private CancellationTokenSource _shut = new();
        private int _sessions;

        public void Open()
        {
            _bound = ControlPath.Bind(path);
            _shut = new CancellationTokenSource();
            var (bound, shut) = (_bound, _shut.Token);
            _accepting = Task.Run(() => AcceptAsync(bound, shut), CancellationToken.None);
        }

        /// <summary>Binds again where another process bound over it and went.</summary>
        public void Keep()
        {
            if (_bound is null || _bound.IsOurs()) return;
            _shut.Cancel();
            _bound.Leave();
            _closing.Add(_accepting);
            _shut.Dispose();
            Open();
        }

        /// <summary>The process that answers at the path, where that is another one.</summary>
        public async Task<uint?> LookAsync()
        {
            if (_bound is null || _bound.IsOurs()) return null;
            var hello = await ControlPath.GreetedAtAsync(path, LookTimeout);
            return hello is { Role: HandoffRole.Incumbent } && hello.Pid != Environment.ProcessId ? hello.Pid : null;
        }

        public void Send(int session, HandoffMessage message)
        {
            lock (_gate)
            {
                if (_links.TryGetValue(session, out var link)) link.Send(message);
            }
        }

        public void Close(int session)
        {
            lock (_gate)
            {
                if (!_links.Remove(session, out var link)) return;
                _closing.RemoveAll(task => task.IsCompleted);
                _closing.Add(link.DisposeAsync().AsTask());
            }
        }

        /// <summary>Whether the path is left as it is, since another process binds or has bound over it.</summary>
        public bool Leaves { get; set; }

        public async ValueTask DisposeAsync()
        {
            await _shut.CancelAsync();
            await _accepting;
            if (Leaves) _bound?.Leave();
            else _bound?.Dispose();
            List<int> open;
            lock (_gate) open = [.. _links.Keys];
            foreach (var session in open) Close(session);
            await Task.WhenAll(_closing);
            _shut.Dispose();
        }

        private async Task AcceptAsync(ControlPath bound, CancellationToken shut)
        {
            while (!shut.IsCancellationRequested)
            {
                try
                {
                    Admit(await bound.AcceptAsync(shut));
                }
                catch (OperationCanceledException) when (shut.IsCancellationRequested)
                {
                    return;
                }
                catch (ObjectDisposedException) when (shut.IsCancellationRequested)
                {
                    return;
                }
                catch (SocketException e)
                {
                    // For instance too many open files: the next one may work, and the daemon serves meanwhile.
                    Log.HandoffNotAccepted(run._logger, e.Message);
                    await Task.Delay(AcceptPause, CancellationToken.None);
                }
            }
        }

        private void Admit(Socket socket)
        {
            lock (_gate)
            {
                if (_links.Count >= LinksMax)
                {
                    socket.Dispose();
                    return;
                }

                var session = ++_sessions;
                run.Post(new IncumbentInput.Connected(session));
                var stream = new HandoffStream(new NetworkStream(socket, ownsSocket: true));
                _links[session] = new HandoffLink(stream, read => Heard(session, read));
            }
        }

        private void Heard(int session, HandoffRead read)
        {
            run.Post(read switch
            {
                HandoffRead.Frame frame => new IncumbentInput.Heard(session, frame.Value),
                HandoffRead.Garbled garbled => new IncumbentInput.Garbled(session, garbled.Status),
                _ => new IncumbentInput.Disconnected(session),
            });
            if (read is HandoffRead.Ended) Close(session);
        }
    }
}
