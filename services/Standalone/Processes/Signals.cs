using System.Runtime.InteropServices;

namespace Holdfast.Standalone.Processes;

/// <summary>Ctrl-C and the like, taken by one place, which ends everything in order.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    private Signals(PosixSignal[] heeded, PosixSignal[] ignored) => _registrations =
    [
        .. heeded.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _stop.Cancel();
        })),
        .. ignored.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)),
    ];

    public CancellationToken Stop => _stop.Token;

    /// <summary>Whichever comes first cancels <see cref="Stop"/>.</summary>
    public static Signals OfParent() =>
        new([PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT], []);

    /// <summary>
    /// What a terminal sends to the whole group is left to the parent, which ends its children in order.
    /// </summary>
    public static Signals OfChild() =>
        new([PosixSignal.SIGTERM], [PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT]);

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }
}
