using System.Threading.Channels;
using Holdfast.Recovery.Protocol;

namespace Holdfast.Recovery.Service.Loop;

/// <summary>
/// The way into the loop. Bounded; whoever brings an answer waits for room, a hint is dropped when there is none, for
/// the loop is about to look anyway.
/// </summary>
internal sealed class RecoveryMailbox
{
    private const int LettersMax = 1_024;

    private readonly Channel<Letter> _letters = Channel.CreateBounded<Letter>(
        new BoundedChannelOptions(LettersMax) { SingleReader = true });

    public ChannelReader<Letter> Reader => _letters.Reader;

    public ValueTask PostAsync(RecoveryInput input, CancellationToken cancel) =>
        _letters.Writer.WriteAsync(new Letter(input, null), cancel);

    /// <summary>Posts, and waits for what the step came to.</summary>
    public async Task<RecoveryOutput> AskAsync(RecoveryInput input, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<RecoveryOutput>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _letters.Writer.WriteAsync(new Letter(input, answer), cancel);
        return await answer.Task.WaitAsync(cancel);
    }

    public void Hint(RecoveryInput hint) => _letters.Writer.TryWrite(new Letter(hint, null));

    /// <summary>A bug in the work behind an answer ends the loop, and with it the process.</summary>
    public void Fail(Exception bug) => _letters.Writer.TryComplete(bug);
}

/// <summary>An input, and who waits for what it leads to.</summary>
internal sealed record Letter(RecoveryInput Input, TaskCompletionSource<RecoveryOutput>? Answer);
