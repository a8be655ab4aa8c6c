using Holdfast.Standalone.Local;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Serve;

/// <summary>What a person needs to know to use a running system: addresses, and how a program joins.</summary>
internal static class JoinWords
{
    public static IEnumerable<string> Of(LocalSystem system, TimeSpan grace, string toolFile)
    {
        var layout = system.Layout;
        var voters = layout.Voters.Select(voter => Layout.Url(voter.Http).ToString().TrimEnd('/')).ToList();
        yield return "";
        yield return
            $"Holdfast is running. The grace before a promotion is {grace.TotalSeconds:0.###} s. Ctrl-C ends it.";
        yield return "";
        yield return $"  directory   {layout.Hub}v1/directory/...";
        yield return $"  events      {layout.Hub}v1/events   (server-sent events; POST publishes)";
        yield return $"  commands    {layout.Hub}v1/commands   (POST a type and a command; the answer is the answer)";
        foreach (var voter in layout.Voters) yield return $"  {voter.Node,-11} {Layout.Url(voter.Http)}v1/status";
        foreach (var node in layout.Nodes)
        {
            yield return $"  {node.Node,-11} {Layout.Url(node.GossipHttp)}v1/members   Failover at " +
                $"{Layout.Url(node.FailoverHttp)}v1/clusters   Recovery at " +
                $"{Layout.Url(node.RecoveryHttp)}v1/groups   pid {system.Children[node.Node.Value].Pid}";
        }

        yield return "";
        yield return "To look at it and steer it:";
        yield return "";
        yield return $"  export HOLDFAST_CONFIG={toolFile}";
        yield return "  dotnet run --project services/Cli -- status";
        yield return "";
        yield return "A program joins with these settings (environment, or the same keys in JSON):";
        yield return "";
        foreach (var (voter, i) in voters.Select((voter, i) => (voter, i)))
            yield return $"  ConsensusClient__Endpoints__{i}={voter}";
        yield return $"  ConsensusClient__TokenFile={system.TokenFile}";
        yield return "  Directory__Backend=http";
        yield return $"  Directory__Address={layout.Hub}";
        yield return $"  Directory__TokenFile={system.TokenFile}";
        yield return "";
        yield return "It opens a session on a node (GET /v1/members tells the generation), claims its grains, and";
        yield return "sends their epochs along with every write. It hosts slots of groups with AddSlotHost, which";
        yield return "syncs with the Recovery instances of its cluster. To lose a cluster: kill -9 both its processes.";
        yield return "The directory lives in this process' memory: for what must survive it, use Redis.";
    }
}
