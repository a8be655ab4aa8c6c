using System.CommandLine;
using Holdfast.Standalone;

// Signals are handled where children and files are, so that they end in order.
return await CommandLine.Build().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
