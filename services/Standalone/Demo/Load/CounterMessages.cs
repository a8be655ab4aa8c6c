namespace Holdfast.Standalone.Demo.Load;

/// <summary>What a client of the sample counter sends.</summary>
internal sealed record CounterAdd(long Add);

/// <summary>What it hears: the counter, and who answered.</summary>
internal sealed record CounterSeen(long Value, string Epoch, string Build, int Pid);
