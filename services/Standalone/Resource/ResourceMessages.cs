namespace Holdfast.Standalone.Resource;

/// <summary>One write, and the epoch under which its writer believes to own the key.</summary>
internal sealed record ResourceWrite(string Key, string Epoch, string Value);

/// <summary>Writes of one writer.</summary>
internal sealed record WriteRequest(string Writer, IReadOnlyList<ResourceWrite> Writes);

/// <summary>A write that was refused, and the highest epoch the resource has seen for its key.</summary>
internal sealed record RefusedWrite(string Key, string Epoch, string Highest);

/// <summary>What came of the writes.</summary>
internal sealed record WriteAnswer(int Accepted, IReadOnlyList<RefusedWrite> Refused);

/// <summary>What a key holds, and who wrote it.</summary>
internal sealed record ResourceEntry(string Key, string Value, string Writer, string Epoch);
