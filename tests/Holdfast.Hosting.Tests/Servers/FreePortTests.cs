using System.Net;
using System.Net.Sockets;
using Holdfast.Servers;

namespace Holdfast.Hosting.Tests.Servers;

/// <summary>A port that a test is given stays its own while the server there is down.</summary>
public sealed class FreePortTests
{
    [Fact]
    public void Ports_differ_are_free_and_are_no_outgoing_connections()
    {
        int[] ports = [.. Enumerable.Range(0, 100).Select(_ => FreePort.Next())];

        ports.ShouldBeUnique();
        ports.ShouldAllBe(port => port >= 10_000 && port < FreePort.EndBelow(FreePort.FirstOutgoing()));
        foreach (var port in ports)
        {
            using var tcp = new TcpListener(IPAddress.Loopback, port);
            using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
            tcp.Start();
        }
    }

    [Theory]
    [InlineData(32_768, 20_000)]
    [InlineData(15_000, 15_000)]
    [InlineData(10_500, 20_000)]
    [InlineData(1024, 20_000)]
    public void They_end_where_outgoing_connections_begin_if_that_leaves_room(int firstOutgoing, int end) =>
        FreePort.EndBelow(firstOutgoing).ShouldBe(end);

    [Fact]
    public void A_port_comes_again_after_all_others_and_to_another_series_not_at_all()
    {
        // Of nobody else's series.
        const int first = 9950;
        const int end = 9960;
        var one = new PortSeries(first, end);
        var other = new PortSeries(first, end);

        int[] others = [other.Next(), other.Next()];
        int[] ones = [.. Enumerable.Range(first, 2 * (end - first)).Select(_ => one.Next())];

        others.ShouldBeUnique();
        ones.ShouldNotContain(port => others.Contains(port));
        var count = ones.Distinct().Count();
        ones.Skip(count).ShouldBe(ones.SkipLast(count));
        others.ShouldContain(other.Next());
        ones.ShouldContain(one.Next());
    }

    [Theory]
    [InlineData(SocketType.Stream, ProtocolType.Tcp)]
    [InlineData(SocketType.Dgram, ProtocolType.Udp)]
    public void A_port_in_use_is_not_given(SocketType type, ProtocolType protocol)
    {
        using var user = new Socket(AddressFamily.InterNetwork, type, protocol);
        user.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream) user.Listen();
        var port = ((IPEndPoint)user.LocalEndPoint!).Port;

        Should.Throw<InvalidOperationException>(() => new PortSeries(port, port + 1).Next())
            .Message.ShouldStartWith($"None of the ports {port} to {port} of 127.0.0.1 is free");
    }
}
