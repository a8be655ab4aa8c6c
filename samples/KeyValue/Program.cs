using System.Runtime.InteropServices;
using Holdfast.Consensus.Service.Raft;
using Holdfast.KeyValue;
using Holdfast.Primitives;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

// dotnet run --project samples/KeyValue -- --node n1 --data /tmp/n1 --clients 127.0.0.1:7101 \
//   --voters n1=127.0.0.1:7001,n2=127.0.0.1:7002,n3=127.0.0.1:7003
var settings = StoreSettings.From(new ConfigurationBuilder().AddCommandLine(args).Build());
using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
using var ended = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    ended.Cancel();
});

var store = new KeyValueMachine();
await using var host = new RaftHost(settings.Raft, store, BootClock.Instance, loggers);
await using var server = new StoreServer(settings.Clients, host, store);
await host.StartAsync(ended.Token);
server.Start();
Console.WriteLine("ready");

// Fails when the host stopped by itself; then it is no voter any more, and the process must end.
await host.Completion.WaitAsync(ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
return host.Completion.IsFaulted ? 1 : 0;
