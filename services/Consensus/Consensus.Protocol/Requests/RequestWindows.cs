using System.Buffers;
using System.Collections.Immutable;
using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Requests;

/// <summary>
/// Makes a request that is repeated be carried out once (Ongaro's thesis, 6.3). A client whose answer was lost asks
/// again, and the log may then hold the request twice. So each request carries its client and a number that grows, and
/// the state machine remembers the newest answers of each client: what it has answered it answers again and does not do
/// again.
/// <para>
/// A value: each change makes a new one. It belongs to the state that the log drives, and so into the machine's
/// snapshots: a voter that was restored from one without it would carry out again what the others remember.
/// </para>
/// </summary>
public sealed class RequestWindows
{
    private readonly RequestLimits _limits;
    private readonly ImmutableSortedDictionary<ulong, RequestWindow> _byClient;

    // Invariant: exactly the answers in the windows, by the entry that made them; an entry makes one at most.
    private readonly ImmutableSortedDictionary<LogIndex, ulong> _byAge;

    private RequestWindows(
        RequestLimits limits,
        ImmutableSortedDictionary<ulong, RequestWindow> byClient,
        ImmutableSortedDictionary<LogIndex, ulong> byAge,
        long bytes)
    {
        (_limits, _byClient, _byAge, Bytes) = (limits, byClient, byAge, bytes);
    }

    /// <summary>Clients that are known.</summary>
    public int Clients => _byClient.Count;

    /// <summary>Answers that are remembered.</summary>
    public int Answers => _byAge.Count;

    /// <summary>What the answers count, at most <see cref="RequestLimits.BytesMax"/> beyond the newest one.</summary>
    public long Bytes { get; }

    /// <summary>Nobody has asked anything.</summary>
    public static RequestWindows Empty(RequestLimits limits) => new(
        limits,
        ImmutableSortedDictionary<ulong, RequestWindow>.Empty,
        ImmutableSortedDictionary<LogIndex, ulong>.Empty,
        0);

    /// <summary>
    /// A client from now on. The index of the entry makes a good name, since no other client ever has it.
    /// </summary>
    public RequestWindows Open(ulong client, LogIndex at)
    {
        if (_byClient.ContainsKey(client)) return this;
        var windows = this;
        if (_byClient.Count >= _limits.ClientsMax)
            windows = Close(_byClient.MinBy(static pair => pair.Value.UsedAt).Key);
        return windows.With(
            windows._byClient.Add(client, RequestWindow.Empty with { UsedAt = at }), windows._byAge, windows.Bytes);
    }

    /// <summary>Forgets a client: whatever it still repeats is that of a stranger.</summary>
    public RequestWindows Close(ulong client)
    {
        if (!_byClient.TryGetValue(client, out var window)) return this;
        return With(
            _byClient.Remove(client),
            _byAge.RemoveRange(window.Answers.Select(static answer => answer.At)),
            Bytes - window.Answers.Sum(static answer => answer.CountedBytes));
    }

    /// <summary>Whether a request was carried out, and what it was answered. Changes nothing.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="number">The client's own number of the request, from 1; later requests have higher ones.</param>
    /// <param name="digest">Of what is asked.</param>
    public RequestVerdict Judge(ulong client, ulong number, uint digest) =>
        _byClient.TryGetValue(client, out var window)
            ? window.Judge(number, digest)
            : RequestVerdict.UnknownClient.Instance;

    /// <summary>What was answered to a request that <see cref="Judge"/> found new.</summary>
    public RequestWindows Remember(ulong client, ulong number, uint digest, LogIndex at, ReadOnlyMemory<byte> answer)
    {
        var window = _byClient[client];
        var newest = new RememberedAnswer(number, digest, at, answer);
        var windows = With(
            _byClient.SetItem(client, window.With(newest)), _byAge.Add(at, client), Bytes + newest.CountedBytes);
        if (window.Answers.Length >= _limits.AnswersPerClientMax) windows = windows.WithoutUpTo(client, 0);
        while (windows.Bytes > _limits.BytesMax && windows._byAge.Count > 1) windows = windows.WithoutOldest();
        return windows;
    }

    /// <summary>Writes everything, in one way only.</summary>
    public void WriteTo(IBufferWriter<byte> bytes) => Write(new CommandWriter(bytes));

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="CommandCorruptException">The bytes are not that.</exception>
    public static RequestWindows Read(ReadOnlySpan<byte> bytes, RequestLimits limits)
    {
        var reader = new CommandReader(bytes);
        var windows = Read(ref reader, limits);
        reader.End();
        return windows;
    }

    // clients (client  used-at  floor  answers (number  entry  digest  length  bytes)*)*
    internal void Write(CommandWriter writer)
    {
        writer.Number((ulong)_byClient.Count);
        foreach (var (client, window) in _byClient)
        {
            writer.Number(client);
            writer.Number(window.UsedAt.Value);
            writer.Number(window.Floor);
            writer.Number((ulong)window.Answers.Length);
            foreach (var answer in window.Answers)
            {
                writer.Number(answer.Number);
                writer.Number(answer.At.Value);
                writer.Number(answer.Digest);
                writer.Bytes(answer.Answer.Span);
            }
        }
    }

    internal static RequestWindows Read(ref CommandReader reader, RequestLimits limits)
    {
        var byClient = ImmutableSortedDictionary.CreateBuilder<ulong, RequestWindow>();
        var byAge = ImmutableSortedDictionary.CreateBuilder<LogIndex, ulong>();
        long counted = 0;
        for (var left = reader.Number((ulong)limits.ClientsMax); left > 0; left--)
        {
            var client = reader.Number();
            var window = ReadWindow(ref reader, limits);
            foreach (var answer in window.Answers)
            {
                if (!byAge.TryAdd(answer.At, client))
                    throw new CommandCorruptException($"entry {answer.At} answered twice");
                counted += answer.CountedBytes;
            }

            if (!byClient.TryAdd(client, window)) throw new CommandCorruptException($"client {client} is there twice");
        }

        return new RequestWindows(limits, byClient.ToImmutable(), byAge.ToImmutable(), counted);
    }

    private static RequestWindow ReadWindow(ref CommandReader reader, RequestLimits limits)
    {
        var usedAt = new LogIndex(reader.Number(Token.IndexMax));
        var floor = reader.Number(RequestLimits.NumberMax + 1);
        var answers = ImmutableArray.CreateBuilder<RememberedAnswer>();
        var lowest = floor;
        for (var left = reader.Number((ulong)limits.AnswersPerClientMax); left > 0; left--)
        {
            var number = reader.Number(RequestLimits.NumberMax);
            if (number < lowest) throw new CommandCorruptException($"request {number} where {lowest} is the least");
            lowest = number + 1;
            answers.Add(new RememberedAnswer(
                number,
                At: new LogIndex(reader.Number(Token.IndexMax)),
                Digest: (uint)reader.Number(uint.MaxValue),
                Answer: reader.Bytes((int)Math.Min(limits.BytesMax, int.MaxValue))));
        }

        return new RequestWindow { UsedAt = usedAt, Floor = floor, Answers = answers.ToImmutable() };
    }

    private RequestWindows WithoutOldest()
    {
        var (at, client) = _byAge.First();
        var answers = _byClient[client].Answers;
        for (var i = 0; ; i++)
            if (answers[i].At == at) return WithoutUpTo(client, i);
    }

    private RequestWindows WithoutUpTo(ulong client, int place)
    {
        var window = _byClient[client];
        var forgotten = window.Answers[..(place + 1)];
        return With(
            _byClient.SetItem(client, window.WithoutUpTo(place)),
            _byAge.RemoveRange(forgotten.Select(static answer => answer.At)),
            Bytes - forgotten.Sum(static answer => answer.CountedBytes));
    }

    private RequestWindows With(
        ImmutableSortedDictionary<ulong, RequestWindow> byClient,
        ImmutableSortedDictionary<LogIndex, ulong> byAge,
        long bytes) => new(_limits, byClient, byAge, bytes);
}
