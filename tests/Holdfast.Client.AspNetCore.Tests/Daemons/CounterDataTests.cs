using Holdfast.Client.Handoff;
using Holdfast.Counter;
using Holdfast.Primitives;

namespace Holdfast.Client.AspNetCore.Daemons;

/// <summary>The counter's data on a disk that fails for a while.</summary>
public sealed class CounterDataTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Epoch First = new(Token.None, 1);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-counter-").FullName;
    private readonly SemaphoreSlim _flushing = new(0);
    private readonly SemaphoreSlim _goOn = new(0);
    private int _flushes;

    [Fact]
    public async Task A_failed_flush_fails_what_waits_and_leaves_every_revision_once()
    {
        var data = await OpenAsync(FailingSecond);
        (await data.AddAsync(1).WaitAsync(Patience)).Revision.ShouldBe(1UL);
        var failing = data.AddAsync(1);
        (await _flushing.WaitAsync(Patience)).ShouldBeTrue("the second flush");
        var waiting = Enumerable.Range(0, 3).Select(_ => data.AddAsync(1)).ToArray();
        _goOn.Release();

        await Should.ThrowAsync<IOException>(failing.WaitAsync(Patience));
        foreach (var change in waiting) await Should.ThrowAsync<IOException>(change.WaitAsync(Patience));
        data.IsOpen.ShouldBeFalse();
        await data.CloseAsync();

        _flushes.ShouldBe(2);
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "counter.log"));
        lines.Select(line => CounterEntry.Parse(line)!.Revision).ShouldBeUnique();
    }

    [Fact]
    public async Task A_seal_after_a_failed_flush_fails_and_the_data_can_be_opened_again()
    {
        var data = await OpenAsync(FailingSecond);
        await data.AddAsync(1).WaitAsync(Patience);
        _goOn.Release();
        await Should.ThrowAsync<IOException>(data.AddAsync(1).WaitAsync(Patience));

        await Should.ThrowAsync<SealFailedException>(
            data.SealAsync(new Progress<SealedShards>(), default).WaitAsync(Patience));
        await data.OpenAsync(First, default).WaitAsync(Patience);

        (await data.AddAsync(1).WaitAsync(Patience)).Value.ShouldBeGreaterThanOrEqualTo(2);
        await data.CloseAsync();
    }

    public void Dispose()
    {
        _flushing.Dispose();
        _goOn.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private async Task<CounterData> OpenAsync(Action<FileStream> flush)
    {
        var data = new CounterData(new KestrelDaemonOptions { DataDirectory = _folder }, new(), flush);
        await data.OpenAsync(First, default);
        return data;
    }

    private void FailingSecond(FileStream file)
    {
        if (Interlocked.Increment(ref _flushes) != 2)
        {
            file.Flush(flushToDisk: true);
            return;
        }

        _flushing.Release();
        _goOn.Wait(Patience).ShouldBeTrue("the test lets the flush fail");
        throw new IOException("the disk failed");
    }
}
