using System.Buffers;
using System.Text;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.KeyValue;

namespace Holdfast.Consensus.Service.Tests.Samples;

public sealed class KeyValueMachineTests
{
    private readonly KeyValueMachine _store = new();

    [Fact]
    public void What_was_put_is_there_and_what_was_removed_is_not()
    {
        Put("a", "1");
        Put("b", "2");
        Put("a", "3");
        Remove("b");

        Get(_store, "a").ShouldBe("3");
        Get(_store, "b").ShouldBeNull();
    }

    [Fact]
    public void A_snapshot_is_of_the_moment_it_was_captured()
    {
        Put("kept", "then");
        Put("removed later", "then");
        var write = _store.Capture();
        Put("kept", "now");
        Put("added later", "now");
        Remove("removed later");
        var snapshot = Written(write);
        Put("after", "now");

        var other = new KeyValueMachine();
        other.Restore(snapshot);
        Get(other, "kept").ShouldBe("then");
        Get(other, "removed later").ShouldBe("then");
        Get(other, "added later").ShouldBeNull();
        Get(_store, "kept").ShouldBe("now");
        Get(_store, "removed later").ShouldBeNull();
        Get(_store, "after").ShouldBe("now");
    }

    [Fact]
    public void What_changed_while_a_snapshot_was_written_is_in_the_next()
    {
        Put("a", "1");
        var first = _store.Capture();
        Put("a", "2");
        Put("b", "2");
        Written(first);
        var second = Written(_store.Capture());

        var other = new KeyValueMachine();
        other.Restore(second);
        Get(other, "a").ShouldBe("2");
        Get(other, "b").ShouldBe("2");
    }

    [Fact]
    public void A_marked_request_is_done_once_also_after_a_snapshot_was_taken_over()
    {
        const ulong client = 5;
        Do(_store, client, StoreAction.Enrol, "-", "").ShouldBeNull();
        Do(_store, 6, StoreAction.Put, "a", "1", (client, 1)).ShouldBeNull();
        Do(_store, 7, StoreAction.Put, "a", "2").ShouldBeNull();
        Do(_store, 8, StoreAction.Put, "a", "1", (client, 1)).ShouldBe(6UL);
        var other = new KeyValueMachine();
        other.Restore(Written(_store.Capture()));

        foreach (var store in new[] { _store, other })
        {
            Do(store, 9, StoreAction.Put, "a", "1", (client, 1)).ShouldBe(6UL);
            Do(store, 10, StoreAction.Remove, "a", "", (client, 1)).ShouldBe(StoreStatus.BadRequest);
            Do(store, 11, StoreAction.Remove, "a", "", (client, 0)).ShouldBe(StoreStatus.Forgotten);
            Do(store, 12, StoreAction.Remove, "a", "", (77, 1)).ShouldBe(StoreStatus.UnknownClient);
            Get(store, "a").ShouldBe("2");
            Do(store, 13, StoreAction.Remove, "a", "", (client, 2)).ShouldBeNull();
            Get(store, "a").ShouldBeNull();
        }
    }

    private static object? Do(
        KeyValueMachine store, ulong at, StoreAction action, string key, string value, (ulong, ulong)? mark = null)
    {
        var frame = new byte[StoreFrames.RequestHeaderBytes + key.Length + value.Length];
        StoreFrames.WriteRequest(frame, 1, action, Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value));
        if (mark is var (client, number)) frame = StoreFrames.Marked(frame, client, number);
        return store.Apply(new LogIndex(at), new Term(1), frame.AsSpan(8));
    }

    private static string? Get(KeyValueMachine store, string key) =>
        store.TryGet(Encoding.ASCII.GetBytes(key), out var value) ? Encoding.ASCII.GetString(value) : null;

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        return to.WrittenSpan.ToArray();
    }

    private void Put(string key, string value) => Apply(StoreAction.Put, key, value);

    private void Remove(string key) => Apply(StoreAction.Remove, key, "");

    private void Apply(StoreAction action, string key, string value)
    {
        var frame = new byte[StoreFrames.RequestHeaderBytes + key.Length + value.Length];
        StoreFrames.WriteRequest(frame, 1, action, Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value));
        _store.Apply(new LogIndex(1), new Term(1), frame.AsSpan(8));
    }
}
