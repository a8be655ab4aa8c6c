using Holdfast.Primitives;

namespace Holdfast.Client.Tests;

public sealed class EpochGateTests : IDisposable
{
    private static readonly Epoch Old = Epoch.First(new Token(5));
    private static readonly Epoch New = Epoch.First(new Token(9));
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"holdfast-gate-{Guid.NewGuid():n}");

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_file + ".lock");
    }

    [Fact]
    public void A_write_under_a_lower_epoch_than_the_highest_is_refused_and_told_so()
    {
        var gate = new EpochGate();

        gate.Pass("account-1", Old).ShouldBe(new GateAnswer(true, Old));
        gate.Pass("account-1", New).ShouldBe(new GateAnswer(true, New));
        gate.Pass("account-1", Old).ShouldBe(new GateAnswer(false, New));
        gate.Pass("account-1", New).ShouldBe(new GateAnswer(true, New));
        gate.Highest("account-1").ShouldBe(New);
    }

    [Fact]
    public void Keys_are_guarded_one_by_one()
    {
        var gate = new EpochGate();
        gate.Pass("account-1", New);

        gate.Pass("account-2", Old).Passed.ShouldBeTrue();
    }

    [Fact]
    public void A_refused_write_is_not_carried_out()
    {
        var gate = new EpochGate();
        gate.Pass("account-1", New);
        var writes = 0;

        gate.Guard("account-1", Old, () => ++writes, out _).Passed.ShouldBeFalse();
        gate.Guard("account-1", New, () => ++writes, out var result).Passed.ShouldBeTrue();

        writes.ShouldBe(1);
        result.ShouldBe(1);
    }

    [Fact]
    public void Whatever_the_order_of_racing_writers_what_passed_never_falls()
    {
        var gate = new EpochGate();
        var passed = new List<Epoch>();

        Parallel.For(0, 2_000, i => gate.Guard(
            "account-1",
            Epoch.First(new Token((ulong)((i * 7919 % 2_000) + 1))),
            () =>
            {
                passed.Add(gate.Highest("account-1"));
                return true;
            },
            out _));

        passed.ShouldBe(passed.Order());
        gate.Highest("account-1").ShouldBe(Epoch.First(new Token(2_000)));
    }

    [Fact]
    public async Task A_write_that_awaits_is_over_before_a_newer_owner_begins()
    {
        var gate = new EpochGate();
        var cancel = TestContext.Current.CancellationToken;
        var words = new List<string>();
        var under = new TaskCompletionSource();
        var old = gate.GuardAsync("account-1", Old, _ => WriteAsync("old", under.Task), cancel);
        var newer = gate.GuardAsync("account-1", New, _ => WriteAsync("new", Task.CompletedTask), cancel);
        var mixed = Task.Run(() => gate.Pass("account-1", New), cancel);
        newer.IsCompleted.ShouldBeFalse();

        under.SetResult();

        (await newer).Answer.ShouldBe(new GateAnswer(true, New));
        (await old).ShouldBe(new Guarded<bool>(new GateAnswer(true, Old), true));
        (await mixed).Passed.ShouldBeTrue();
        words.ShouldBe(["old", "new"]);
        (await gate.GuardAsync("account-1", Old, _ => WriteAsync("late", Task.CompletedTask), cancel))
            .ShouldBe(new Guarded<bool>(new GateAnswer(false, New), false));
        words.Count.ShouldBe(2);

        async Task<bool> WriteAsync(string word, Task after)
        {
            await after;
            words.Add(word);
            return true;
        }
    }

    [Fact]
    public async Task Who_gives_up_waiting_begins_nothing_and_who_waits_behind_him_still_waits()
    {
        var gate = new EpochGate();
        var cancel = TestContext.Current.CancellationToken;
        using var impatient = new CancellationTokenSource();
        var under = new TaskCompletionSource<int>();
        var first = gate.GuardAsync("account-1", Old, _ => under.Task, cancel);
        var second = gate.GuardAsync("account-1", New, _ => Task.FromResult(2), impatient.Token);
        var third = gate.GuardAsync("account-1", Old, _ => Task.FromResult(3), cancel);

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        third.IsCompleted.ShouldBeFalse();
        under.SetResult(1);

        (await first).Result.ShouldBe(1);
        (await third).ShouldBe(new Guarded<int>(new GateAnswer(true, Old), 3));
    }

    [Fact]
    public async Task A_write_that_fails_gives_its_turn_on()
    {
        var gate = new EpochGate();
        var cancel = TestContext.Current.CancellationToken;

        await Should.ThrowAsync<IOException>(() => gate.GuardAsync<int>(
            "account-1", New, _ => throw new IOException("Broken by the test."), cancel));

        gate.Pass("account-1", New).Passed.ShouldBeTrue();
        gate.Pass("account-1", Old).Passed.ShouldBeFalse();
    }

    [Fact]
    public void A_gate_with_a_file_remembers_over_a_restart()
    {
        using (var store = new FileEpochStore(_file))
        {
            var gate = new EpochGate(store);
            gate.Pass("account 1", Old);
            gate.Pass("account 1", New);
        }

        using var again = new FileEpochStore(_file);
        new EpochGate(again).Pass("account 1", Old).ShouldBe(new GateAnswer(false, New));
        File.ReadAllLines(_file).ShouldBe([$"{New} account 1"]);
    }

    [Fact]
    public void A_torn_last_line_is_dropped_and_what_is_whole_stays()
    {
        File.WriteAllText(_file, $"{New} account-1\n{New} acc");

        using var store = new FileEpochStore(_file);

        store.Load("account-1").ShouldBe(New);
        store.Load("acc").ShouldBe(Epoch.None);
    }

    [Fact]
    public void After_a_torn_write_no_later_one_is_glued_to_the_fragment()
    {
        using (var store = new FileEpochStore(_file, path => new TornFile(path)))
        {
            var gate = new EpochGate(store);
            Should.Throw<IOException>(() => gate.Pass("account-1", Old)).Message.ShouldBe("Disk full.");
            Should.Throw<IOException>(() => gate.Pass("account-2", New)).Message.ShouldContain("Disk full.");
            gate.Highest("account-2").ShouldBe(Epoch.None);
        }

        using var again = new FileEpochStore(_file);
        again.Load("account-1").ShouldBe(Epoch.None);
        again.Save("account-1", New);
    }

    [Fact]
    public void A_file_that_is_open_is_opened_by_nobody_else()
    {
        using (var store = new FileEpochStore(_file))
        {
            store.Save("account-1", New);
            Should.Throw<IOException>(() => new FileEpochStore(_file)).Message.ShouldContain("is open already");
            store.Save("account-2", New);
        }

        using var again = new FileEpochStore(_file);
        again.Load("account-2").ShouldBe(New);
    }

    [Fact]
    public void A_full_gate_takes_no_new_key_and_guards_the_ones_it_has()
    {
        var gate = new EpochGate(keysMax: 2);
        gate.Pass("account-1", New);
        gate.Pass("account-2", Old);

        Should.Throw<EpochGateFullException>(() => gate.Pass("account-3", New)).Message.ShouldContain("account-3");
        gate.Pass("account-1", Old).Passed.ShouldBeFalse();
        gate.Pass("account-2", New).Passed.ShouldBeTrue();
    }

    [Fact]
    public void Asking_and_being_refused_take_no_room()
    {
        File.WriteAllText(_file, $"{New} account-1\n");
        using var store = new FileEpochStore(_file);
        var gate = new EpochGate(store, keysMax: 1);

        gate.Pass("account-1", Old).ShouldBe(new GateAnswer(false, New));
        gate.Highest("account-1").ShouldBe(New);
        gate.Highest("account-3").ShouldBe(Epoch.None);
        gate.Guard("account-1", Old, () => 1, out _).Passed.ShouldBeFalse();

        gate.Pass("account-2", Old).Passed.ShouldBeTrue();
    }

    [Fact]
    public void A_line_of_another_shape_is_not_taken_for_an_epoch()
    {
        File.WriteAllText(_file, $"nonsense\n{New} account-1\n");

        Should.Throw<FormatException>(() => new FileEpochStore(_file)).Message.ShouldContain("Line 1");
    }

    /// <summary>A disk that is full after ten bytes, once.</summary>
    private sealed class TornFile(string path)
        : FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0)
    {
        private bool _torn;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(_torn ? buffer : buffer[..10]);
            if (_torn) return;
            _torn = true;
            throw new IOException("Disk full.");
        }
    }
}
