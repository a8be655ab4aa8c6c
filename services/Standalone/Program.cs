using System.CommandLine;
using Holdfast.Standalone;

// Signals are handled where children and files are, so that they end in order.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await CommandLine.Build().Parse(args).InvokeAsync(configuration);
