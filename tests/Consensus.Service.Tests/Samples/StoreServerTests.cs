using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Consensus.Service.Raft;
using Holdfast.Consensus.Service.Tests.Raft;
using Holdfast.KeyValue;
using Holdfast.Primitives;
using Holdfast.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Consensus.Service.Tests.Samples;

[Collection("voters on loopback")]
public sealed class StoreServerTests : IAsyncLifetime
{
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("holdfast-store-").FullName;
    private readonly KeyValueMachine _machine = new();
    private readonly IPEndPoint _clients = new(IPAddress.Loopback, FreePort.Next());
    private readonly RaftHost _host;
    private readonly StoreServer _server;

    public StoreServerTests()
    {
        var self = new RaftVoter(new NodeId("n1"), "127.0.0.1", FreePort.Next());
        _host = new RaftHost(
            new RaftHostOptions
            {
                Node = self.Node,
                Voters = [self],
                Listen = new IPEndPoint(IPAddress.Loopback, self.Port),
                DataDirectory = _directory,
            },
            _machine,
            BootClock.Instance,
            NullLoggerFactory.Instance);
        _server = new StoreServer(_clients, _host, _machine);
    }

    public async ValueTask InitializeAsync()
    {
        await _host.StartAsync(CancellationToken.None);
        _server.Start();
        await _host.LeadsAsync(CancellationToken.None).OrFailAsync("the voter leads");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _host.DisposeAsync();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Requests_that_come_together_are_all_answered()
    {
        using var client = await ConnectAsync();
        var requests = Enumerable.Range(0, 300).SelectMany(i => Request((uint)i, StoreAction.Put, $"k{i}", $"v{i}"));
        await client.SendAsync(requests.ToArray());

        var answers = new HashSet<uint>();
        for (var i = 0; i < 300; i++)
        {
            var (tag, status, _) = await AnswerAsync(client);
            status.ShouldBe(StoreStatus.Done);
            answers.Add(tag);
        }

        answers.Count.ShouldBe(300);
        await client.SendAsync(Request(7, StoreAction.Get, "k299", ""));
        var (_, _, value) = await AnswerAsync(client);
        value.ShouldBe("v299");
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_not_found_and_no_command_is_a_bad_request()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request(1, StoreAction.Get, "missing", ""));
        (await AnswerAsync(client)).Status.ShouldBe(StoreStatus.NotFound);
        await client.SendAsync(Request(2, (StoreAction)99, "k", ""));
        (await AnswerAsync(client)).Status.ShouldBe(StoreStatus.BadRequest);
    }

    [Fact]
    public async Task A_voter_says_how_it_stands()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request(1, StoreAction.Put, "k", "v"));
        (await AnswerAsync(client)).Status.ShouldBe(StoreStatus.Done);

        // What is published of a turn follows the answers that it gave.
        var state = "";
        for (uint asked = 2; asked < 1000 && state != "1 Leader n1 2 2"; asked++)
        {
            await client.SendAsync(Request(asked, StoreAction.State, "-", ""));
            (_, var status, state) = await AnswerAsync(client);
            status.ShouldBe(StoreStatus.Done);
        }

        state.ShouldBe("1 Leader n1 2 2");
    }

    [Fact]
    public async Task A_request_that_is_repeated_on_another_connection_is_answered_with_the_first_ones_place()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Request(1, StoreAction.Enrol, "-", ""));

        // The places of a log that is so young fill one byte.
        var name = (ulong)(await AnswerAsync(client)).Payload[0];
        var put = StoreFrames.Marked(Request(2, StoreAction.Put, "a", "1"), name, 1);
        await client.SendAsync(put);
        var first = await AnswerAsync(client);
        await client.SendAsync(Request(3, StoreAction.Put, "a", "2"));
        await AnswerAsync(client);

        using var other = await ConnectAsync();
        await other.SendAsync(put);
        (await AnswerAsync(other)).ShouldBe(first);
        await other.SendAsync(Request(4, StoreAction.Get, "a", ""));
        (await AnswerAsync(other)).Payload.ShouldBe("2");
        await other.SendAsync(StoreFrames.Marked(Request(5, StoreAction.Get, "a", ""), name, 2));
        (await AnswerAsync(other)).Status.ShouldBe(StoreStatus.BadRequest);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public async Task A_frame_of_a_wrong_length_closes_the_connection(int length)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(BitConverter.GetBytes(length));
        (await client.ReceiveAsync(new byte[1]).OrFailAsync("the connection is closed")).ShouldBe(0);
    }

    private static byte[] Request(uint tag, StoreAction action, string key, string value)
    {
        var frame = new byte[StoreFrames.RequestHeaderBytes + key.Length + value.Length];
        StoreFrames.WriteRequest(frame, tag, action, Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value));
        return frame;
    }

    private static async Task<(uint Tag, StoreStatus Status, string Payload)> AnswerAsync(Socket client)
    {
        var header = await ReadAsync(client, StoreFrames.AnswerHeaderBytes);
        var payload = await ReadAsync(
            client, BinaryPrimitives.ReadInt32LittleEndian(header) + StoreFrames.LengthBytes - header.Length);
        var tag = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
        return (tag, (StoreStatus)header[8], Encoding.ASCII.GetString(payload));
    }

    private static async Task<byte[]> ReadAsync(Socket client, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await client.ReceiveAsync(bytes.AsMemory(read)).AsTask().OrFailAsync("an answer comes");
            more.ShouldBeGreaterThan(0);
            read += more;
        }

        return bytes;
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_clients);
        return socket;
    }
}
