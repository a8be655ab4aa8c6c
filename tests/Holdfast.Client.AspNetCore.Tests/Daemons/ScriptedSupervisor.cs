using System.Net.Sockets;
using Holdfast.Client.Handoff;
using Holdfast.Handoff.Wire;
using static Holdfast.Handoff.Wire.HandoffMessage;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>A supervisor that does what a test says, step by step, and can fall silent or away at each.</summary>
internal sealed class ScriptedSupervisor(DaemonNest nest) : IAsyncDisposable
{
    public HandoffId Handoff { get; } = new(Guid.NewGuid());

    public HandoffStream? Incumbent { get; private set; }

    public HandoffStream? Link { get; private set; }

    public DaemonRun? Successor { get; private set; }

    public async Task<Hello> GreetIncumbentAsync()
    {
        Incumbent = new HandoffStream(new NetworkStream(await ConnectAsync(), ownsSocket: true));
        var hello = await HearAsync<Hello>(Incumbent);
        await TellIncumbentAsync(new HelloAck(1, Handoff));
        return hello;
    }

    public async Task<Hello> StartSuccessorAsync(string build)
    {
        (Successor, Link) = nest.StartSuccessor(build);
        var hello = await HearAsync<Hello>(Link);
        await TellSuccessorAsync(new HelloAck(1, Handoff));
        return hello;
    }

    public async Task<Drained> DrainAsync()
    {
        await TellIncumbentAsync(new PrepareHandoff(Handoff, (uint)(Successor?.Pid ?? 0), 60_000, 10_000));
        return await HearAsync<Drained>(Incumbent!);
    }

    public async Task<SealComplete> SealAsync()
    {
        await TellIncumbentAsync(new SealRequest(Handoff));
        return await HearAsync<SealComplete>(Incumbent!);
    }

    public async Task<Ready> BeginAsync()
    {
        await TellSuccessorAsync(new Begin(Handoff));
        return await HearAsync<Ready>(Link!);
    }

    public Task TellIncumbentAsync(HandoffMessage message) => Incumbent!.WriteAsync(message, default);

    public Task TellSuccessorAsync(HandoffMessage message) => Link!.WriteAsync(message, default);

    /// <summary>Goes away: both ends break.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Incumbent is not null) await Incumbent.DisposeAsync();
        if (Link is not null) await Link.DisposeAsync();
    }

    /// <summary>A process that just took over serves its connections a moment sooner than its control path.</summary>
    private async Task<Socket> ConnectAsync()
    {
        using var patience = new CancellationTokenSource(DaemonNest.Patience);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(nest.ControlPath), patience.Token);
                return socket;
            }
            catch (SocketException) when (!patience.IsCancellationRequested)
            {
                socket.Dispose();
                await again.WaitForNextTickAsync(patience.Token);
            }
        }
    }

    private static async Task<T> HearAsync<T>(HandoffStream stream)
        where T : HandoffMessage
    {
        using var patience = new CancellationTokenSource(DaemonNest.Patience);
        while (true)
        {
            switch (await stream.ReadAsync(patience.Token))
            {
                case HandoffRead.Frame { Value.Message: T wanted }:
                    return wanted;
                case HandoffRead.Frame { Value.Message: Heartbeat or SealProgress }:
                    break;
                case var other:
                    throw new InvalidOperationException($"{typeof(T).Name} was awaited, {other} came.");
            }
        }
    }
}
