using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Directory.Redis;

namespace Holdfast.Directory.Tests.Redis;

/// <summary>What is no Sentinel may answer anything, and as much of it as it likes.</summary>
public sealed class SentinelConnectionTests
{
    private const string Address = "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_address_and_its_version_are_read_from_texts()
    {
        var answer = await AskAsync(Address + "*2\r\n$12\r\nconfig-epoch\r\n$1\r\n7\r\n");

        answer.ShouldBe(new SentinelAnswer("127.0.0.1:6379", 7));
    }

    [Theory]
    [InlineData("*1\r\n*1\r\n*1\r\n", "a part of an answer is no text")]
    [InlineData("*2\r\n:1\r\n:2\r\n", "a part of an answer is no text")]
    [InlineData("*257\r\n", "it answers 257 parts")]
    public async Task An_answer_of_another_shape_is_refused_by_name(string answer, string why) =>
        (await Should.ThrowAsync<SentinelException>(() => AskAsync(answer))).Message.ShouldContain(
            $"is no Sentinel: {why}.");

    [Fact]
    public async Task A_line_that_has_no_end_is_not_kept() =>
        (await Should.ThrowAsync<SentinelException>(() => AskAsync(new string('+', 5_000)))).Message.ShouldContain(
            "is no Sentinel: a line of an answer has no end.");

    [Fact]
    public async Task A_version_that_is_missing_at_the_end_is_none()
    {
        var answer = await AskAsync(Address + "*1\r\n$12\r\nconfig-epoch\r\n");

        answer.Epoch.ShouldBe(0UL);
    }

    private static async Task<SentinelAnswer> AskAsync(string said)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sentinel = new SentinelConnection(
            listener.LocalEndpoint.ToString()!, new DirectoryOptions { SentinelMaster = "watched" });
        var asked = sentinel.AskAsync(Cancel);
        using var client = await listener.AcceptTcpClientAsync(Cancel);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(said), Cancel);
        return await asked.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
    }
}
