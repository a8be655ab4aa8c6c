using System.Threading.Channels;
using Holdfast.Consensus.Service.Raft;

namespace Holdfast.Consensus.Service.Tests.Raft;

/// <summary>Who reads a connection while the thread that read it is at the disk or at the state machine.</summary>
public sealed class ConnectionReadingTests
{
    private readonly Channel<string> _connection = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _flows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isBack = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_reader_that_stays_away_is_replaced_and_ends_when_it_is_back()
    {
        using var reading = new ConnectionReading(ReadOne);
        var running = reading.RunAsync();

        await SayAsync("stall");
        await SayAsync("heartbeat");
        await HearAsync("heartbeat");
        _isBack.Task.IsCompleted.ShouldBeFalse();
        _flows.SetResult();
        await _isBack.Task.OrFailAsync("the errand ends");
        for (var i = 0; i < 100; i++)
        {
            await SayAsync($"message {i}");
            await HearAsync($"message {i}");
        }

        _connection.Writer.Complete();
        await running.OrFailAsync("the reading ends with the connection");
    }

    [Fact]
    public async Task The_reading_ends_though_a_reader_is_away_for_good()
    {
        using var reading = new ConnectionReading(ReadOne);
        var running = reading.RunAsync();

        await SayAsync("stall");
        await SayAsync("heartbeat");
        await HearAsync("heartbeat");
        _connection.Writer.Complete();

        await running.OrFailAsync("the reading ends with the connection");
        _flows.SetResult();
    }

    [Fact]
    public async Task A_fault_while_reading_ends_it_with_that_fault()
    {
        using var reading = new ConnectionReading(ReadOne);
        var running = reading.RunAsync();

        await SayAsync("fault");

        (await Should.ThrowAsync<InvalidOperationException>(running)).Message.ShouldBe("fault");
    }

    private async Task SayAsync(string message) => await _connection.Writer.WriteAsync(message);

    private async Task HearAsync(string message) =>
        (await _heard.Reader.ReadAsync().AsTask().OrFailAsync($"'{message}' is read")).ShouldBe(message);

    private bool ReadOne(Errand errand)
    {
        if (!_connection.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult()) return false;
        if (!_connection.Reader.TryRead(out var message)) return true;
        if (message == "fault") throw new InvalidOperationException(message);
        if (message != "stall")
        {
            _heard.Writer.TryWrite(message);
            return true;
        }

        errand.Begin();
        _flows.Task.GetAwaiter().GetResult();
        errand.End();
        _isBack.SetResult();
        return true;
    }
}
