using Holdfast.Benchmarks;
using Holdfast.Benchmarks.Consensus;
using Holdfast.Benchmarks.Failover;

// dotnet run -c Release --project tests/Benchmarks -- <name> [--quick]
var isQuick = args.Contains("--quick");
var name = args.FirstOrDefault(arg => !arg.StartsWith("--", StringComparison.Ordinal));
try
{
    switch (name)
    {
        case "consensus-writes":
            new ConsensusWrites(isQuick, args).Run();
            return 0;
        case "consensus-failover":
            new ConsensusFailover(isQuick, args).Run();
            return 0;
        case "consensus-scale":
            new ConsensusScale(isQuick).Run();
            return 0;
        case "failover-sweep":
            await new FailoverSweep(isQuick, args).RunAsync();
            return 0;
        case "failover-incident":
            await new FailoverIncident(isQuick, args).RunAsync();
            return 0;
        case "failover-scale":
            await new FailoverScale(isQuick).RunAsync();
            return 0;
        default:
            Console.Error.WriteLine(
                "Name one of: consensus-writes, consensus-failover, consensus-scale, failover-sweep, " +
                "failover-incident, failover-scale. See tests/Benchmarks/README.md.");
            return 2;
    }
}
catch (PeerMissingException missing)
{
    Console.Error.WriteLine(missing.Message);
    return 3;
}
catch (MeasurementFailedException failed)
{
    Console.Error.WriteLine(failed.Message);
    return 1;
}
