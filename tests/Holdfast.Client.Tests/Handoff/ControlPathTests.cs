using System.Net.Sockets;

namespace Holdfast.Client.Handoff;

public sealed class ControlPathTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-control-").FullName;

    private string Place => Path.Combine(_folder, "control");

    [Fact]
    public async Task Whoever_connects_to_the_path_comes_to_the_socket_bound_last()
    {
        using var first = ControlPath.Bind(Place);
        using var second = ControlPath.Bind(Place);

        (first.IsOurs(), second.IsOurs()).ShouldBe((false, true));
        using var caller = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await caller.ConnectAsync(new UnixDomainSocketEndPoint(Place));
        using var patience = new CancellationTokenSource(Patience);
        using var accepted = await second.AcceptAsync(patience.Token);
        accepted.Connected.ShouldBeTrue();
    }

    [Fact]
    public void A_socket_that_was_bound_over_does_not_take_the_path_of_the_newer_one_with_it()
    {
        var first = ControlPath.Bind(Place);
        using var second = ControlPath.Bind(Place);

        first.Dispose();

        second.IsOurs().ShouldBeTrue();
    }

    [Fact]
    public void The_path_goes_with_its_socket_and_stays_where_it_is_left_to_the_next()
    {
        ControlPath.Bind(Place).Dispose();
        File.Exists(Place).ShouldBeFalse();

        ControlPath.Bind(Place).Leave();

        File.Exists(Place).ShouldBeTrue();
        using var next = ControlPath.Bind(Place);
        next.IsOurs().ShouldBeTrue();
    }

    [Fact]
    public void Only_the_user_may_connect_and_nothing_temporary_stays_behind()
    {
        if (OperatingSystem.IsWindows()) return;
        using var bound = ControlPath.Bind(Place);

        File.GetUnixFileMode(Place).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        System.IO.Directory.GetFileSystemEntries(_folder).ShouldBe([Place]);
    }

    [Fact]
    public async Task Where_nobody_listens_nobody_greets()
    {
        ControlPath.Bind(Place).Leave();

        (await ControlPath.GreetedAtAsync(Place, Patience)).ShouldBeNull();
        (await ControlPath.GreetedAtAsync(Path.Combine(_folder, "absent"), Patience)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_accepts_and_says_nothing_is_not_waited_for()
    {
        using var bound = ControlPath.Bind(Place);

        (await ControlPath.GreetedAtAsync(Place, TimeSpan.FromMilliseconds(50))).ShouldBeNull();
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_path_of_a_hundred_bytes_can_be_had(int bytes, bool isLegal)
    {
        var path = Path.Combine(_folder, new string('c', bytes - _folder.Length - 1));
        var options = new HandoffDaemonOptions { DataDirectory = _folder, ControlPath = path };

        options.Problems().Any().ShouldBe(!isLegal);
        if (!isLegal) return;
        using var bound = ControlPath.Bind(path);
        bound.IsOurs().ShouldBeTrue();
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);
}
