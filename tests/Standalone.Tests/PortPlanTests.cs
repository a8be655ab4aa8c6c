using System.Net;
using System.Net.Sockets;
using Holdfast.Standalone.Ports;

namespace Holdfast.Standalone.Tests;

public sealed class PortPlanTests
{
    [Fact]
    public void Free_ports_are_all_different_and_below_the_systems_own_range()
    {
        var ports = new PortPlan(null);

        var layout = Layout.Plan(ports);

        ports.Given.ShouldBe(2 + (3 * 2) + (6 * 5) + 2);
        layout.Nodes.Select(node => node.GossipUdp).Append(layout.HubHttp)
            .ShouldAllBe(port => port >= 20_000 && port < 32_000);
    }

    [Fact]
    public void A_port_that_is_taken_for_udp_alone_is_taken_too()
    {
        using var taken = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.Client.LocalEndPoint!).Port;

        var failure = Should.Throw<PortTakenException>(() => new PortPlan(port).Take("gossip"));

        failure.Port.ShouldBe(port);
        failure.Message.ShouldContain("it was wanted for gossip");
    }
}
