using System.Globalization;
using Holdfast.Hosting;
using Holdfast.Standalone.Processes;

namespace Holdfast.Standalone.Resource;

/// <summary>The resource as a process of its own.</summary>
internal static class ResourceProcess
{
    public static async Task<int> RunAsync(int port, string tokenFile, bool gated)
    {
        using var signals = Signals.OfChild();
        var parentGone = ChildSide.ParentGone();
        var builder = Hosts.NewBuilder("resource", port, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Node:Id"] = "resource",
            ["Node:Cluster"] = "outside",
            ["Auth:TokenFile"] = tokenFile,
        });
        var app = builder.Build();
        app.MapHoldfastDefaults();
        new ResourceApp(gated).Map(app);
        await using var host = await Hosts.RunAsync(app);
        ChildSide.SayReady(port.ToString(CultureInfo.InvariantCulture));
        await Task.WhenAny(parentGone, Task.Delay(Timeout.InfiniteTimeSpan, signals.Stop));
        return 0;
    }
}
