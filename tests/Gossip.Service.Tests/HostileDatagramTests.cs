using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Gossip.Protocol;
using Holdfast.Primitives;

namespace Holdfast.Gossip.Service.Tests;

/// <summary>What reaches the port of an agent that has a secret.</summary>
public sealed class HostileDatagramTests : IDisposable
{
    private const string Secret = "a secret that all agents share";

    private readonly string _file = Path.GetTempFileName();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public HostileDatagramTests()
    {
        File.WriteAllText(_file, Secret + "\n");
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    [Fact]
    public async Task Agents_with_one_secret_know_each_other_and_drop_what_is_not_sealed_with_it()
    {
        using var dropped = new DroppedDatagrams();
        await using var group = await AgentGroup.StartAsync(2, new() { ["Gossip:SecretFile"] = _file });
        var target = group.Agents[0].Udp;
        var news = DownNews(group.Agents[1]);

        Send(target, Bytes(news, null));
        await dropped.UntilAsync("unsealed");
        Send(target, Bytes(news, "not the secret of these agents"));
        await dropped.UntilAsync("forged");
        var spoiled = Bytes(news, Secret);
        spoiled[20] ^= 1;
        Send(target, spoiled);
        await dropped.UntilAsync("forged", 2);
        Send(target, "GET / HTTP/1.1"u8.ToArray());
        await dropped.UntilAsync("foreign");
        Send(target, Bytes(news, Secret, network: "another"));
        await dropped.UntilAsync("other_network");
        Send(target, Sealed([.. Bytes(news, null), 0xff]));
        await dropped.UntilAsync("malformed");
        Send(target, new byte[20_000]);
        await dropped.UntilAsync("oversized");

        group.Agents[0].Members.Current.Peers.ShouldAllBe(peer => peer.Record.State == PeerState.Up);
        group.Agents[0].Bus.Mail.All.ShouldAllBe(announced => announced.Message is Contracts.PeerUp);
    }

    [Fact]
    public async Task An_agent_without_a_secret_drops_sealed_datagrams()
    {
        using var dropped = new DroppedDatagrams();
        await using var group = await AgentGroup.StartAsync(2);
        Send(group.Agents[0].Udp, Bytes(DownNews(group.Agents[1]), Secret));
        await dropped.UntilAsync("sealed");
        group.Agents[0].Members.Current.Peers.ShouldAllBe(peer => peer.Record.State == PeerState.Up);
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(_file);
    }

    private static Packet DownNews(AgentHost about)
    {
        var self = about.Members.Current.Self!.Record;
        var down = self.Version with { Verdict = new Verdict(9), State = PeerState.Down };
        return new Packet
        {
            Kind = PacketKind.News,
            Sender = self.Beat with { Node = new NodeId("mallory") },
            Sequence = 1,
            SentAt = TimeSpan.Zero,
            Interval = TimeSpan.Zero,
            Beats = [new PeerBeat(self.Node, down, 0)],
        };
    }

    private static byte[] Bytes(Packet packet, string? secret, string network = "holdfast")
    {
        var seal = secret is null ? null : new PacketSeal(Encoding.UTF8.GetBytes(secret));
        var buffer = new byte[2_000];
        return buffer[..new PacketGate(network, seal).Close(packet, buffer)];
    }

    private static byte[] Sealed(byte[] contents)
    {
        var buffer = new byte[contents.Length + PacketSeal.Bytes];
        contents.CopyTo(buffer, 0);
        new PacketSeal(Encoding.UTF8.GetBytes(Secret)).Seal(buffer, contents.Length);
        return buffer;
    }

    private void Send(IPEndPoint to, byte[] bytes) => _socket.SendTo(bytes, to);
}
