using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Servers;

namespace Holdfast.Hosting.Tests.Servers;

/// <summary>The servers that tests hurt: what each way of hurting does, on whichever backend runs.</summary>
public sealed class TestServersTests
{
    private static readonly RedisSettings Durable =
        new() { ConfigLines = ["appendonly yes", "appendfsync always"] };

    [Fact]
    public async Task A_durable_redis_keeps_what_it_acknowledged_through_kill_and_stop_at_the_same_address()
    {
        await using var redis = await TestServers.Current.StartRedisAsync(Durable);
        var address = redis.Address;
        (await AskAsync(redis, "SET word kept")).ShouldBe("+OK");

        await redis.KillAsync();
        // The kernel refuses the connection, or resets one that the dying process had not taken yet.
        var gone = await Should.ThrowAsync<Exception>(() => AskAsync(redis, "GET word"));
        (gone is SocketException or IOException).ShouldBeTrue(gone.ToString());
        await redis.RestartAsync();
        (await AskAsync(redis, "GET word")).ShouldBe("$4\r\nkept");

        await redis.StopAsync();
        await redis.RestartAsync();
        (await AskAsync(redis, "GET word")).ShouldBe("$4\r\nkept");
        redis.Address.ShouldBe(address);
    }

    [Fact]
    public async Task A_plain_redis_forgets_when_it_is_killed()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        (await AskAsync(redis, "SET word lost")).ShouldBe("+OK");

        await redis.KillAsync();
        await redis.RestartAsync();

        (await AskAsync(redis, "GET word")).ShouldBe("$-1");
    }

    [Fact]
    public async Task The_port_of_a_killed_redis_is_free_once_it_is_killed()
    {
        // A thread of its own writes to the disk, and a killed process is not gone before the disk has answered that.
        await using var redis = await TestServers.Current.StartRedisAsync(
            new RedisSettings { ConfigLines = ["appendonly yes", "appendfsync everysec"] });
        for (var kills = 0; kills < 10; kills++)
        {
            (await AskAsync(redis, $"SETRANGE word{kills} 33554432 end")).ShouldBe(":33554435");
            (await AskAsync(redis, "BGREWRITEAOF")).ShouldStartWith("+");
            await redis.KillAsync();
            using (var listener = new TcpListener(IPAddress.Loopback, redis.Port)) listener.Start();
            await redis.RestartAsync();
        }

        (await AskAsync(redis, "PING")).ShouldBe("+PONG");
    }

    [Fact]
    public async Task No_thread_of_a_paused_redis_works_any_more()
    {
        Assert.SkipUnless(
            TestServers.Current.Description.StartsWith("native", StringComparison.Ordinal),
            "A container's processes have other numbers, and its engine stops them all at once.");
        await using var redis = await TestServers.Current.StartRedisAsync();
        var process = int.Parse((await AskAsync(redis, "INFO server"))
            .Split("process_id:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
        for (var pauses = 0; pauses < 50; pauses++)
        {
            await redis.PauseAsync();
            foreach (var thread in System.IO.Directory.GetDirectories($"/proc/{process}/task"))
                (await File.ReadAllTextAsync($"{thread}/stat")).ShouldContain(") T ");
            await redis.ResumeAsync();
            (await AskAsync(redis, "PING")).ShouldBe("+PONG");
        }
    }

    [Fact]
    public async Task A_paused_redis_is_silent_and_answers_once_it_is_resumed()
    {
        await using var redis = await TestServers.Current.StartRedisAsync();
        await redis.PauseAsync();

        var asked = AskAsync(redis, "PING");
        await Should.ThrowAsync<TimeoutException>(() => asked.WaitAsync(TimeSpan.FromMilliseconds(200)));
        await redis.ResumeAsync();

        (await asked.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe("+PONG");
    }

    [Fact]
    public async Task A_redis_has_the_users_it_is_given()
    {
        await using var redis = await TestServers.Current.StartRedisAsync(
            new RedisSettings { Users = ["default on nopass -@all +auth +ping", "owner on >secret ~* +@all"] });

        (await AskAsync(redis, "GET word")).ShouldStartWith("-NOPERM");
        (await AskAsync(redis, "AUTH owner secret")).ShouldBe("+OK");
    }

    private static async Task<string> AskAsync(ITestServer server, string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"));
        var answer = new byte[1024];
        var length = await stream.ReadAsync(answer);
        return Encoding.ASCII.GetString(answer, 0, length).TrimEnd();
    }
}
