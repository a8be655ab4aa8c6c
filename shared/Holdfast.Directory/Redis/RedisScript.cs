using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Directory.Redis;

/// <summary>
/// One operation as Redis runs it: the parts of Scripts/*.lua that it is made of, called by the digest of the whole.
/// </summary>
internal sealed class RedisScript
{
    public static readonly RedisScript Open = new("open", ["shard.lua", "open.lua"]);
    public static readonly RedisScript Describe = new("describe", ["shard.lua", "describe.lua"]);
    public static readonly RedisScript Check = new("check", ["shard.lua", "check.lua"]);
    public static readonly RedisScript Lookup = new("lookup", ["shard.lua", "lookup.lua"]);
    public static readonly RedisScript Claim = new("claim", ["shard.lua", "change.lua", "claim.lua"]);
    public static readonly RedisScript Register = new("register", ["shard.lua", "change.lua", "register.lua"]);
    public static readonly RedisScript Release = new("release", ["shard.lua", "change.lua", "release.lua"]);
    public static readonly RedisScript List = new("list", ["shard.lua", "list.lua"]);
    public static readonly RedisScript InstallGrant = new("install-grant", ["shard.lua", "install_grant.lua"]);
    public static readonly RedisScript Promote =
        new("promote", ["shard.lua", "change.lua", "window.lua", "promote.lua"]);
    public static readonly RedisScript Offer = new("offer", ["shard.lua", "change.lua", "offer.lua"]);
    public static readonly RedisScript Accept = new("accept", ["shard.lua", "change.lua", "accept.lua"]);
    public static readonly RedisScript Confirm = new("confirm", ["shard.lua", "confirm.lua"]);
    public static readonly RedisScript CloseWindow = new("close-window", ["shard.lua", "close_window.lua"]);
    public static readonly RedisScript Reassert = new("reassert", ["shard.lua", "change.lua", "reassert.lua"]);
    public static readonly RedisScript Import = new("import", ["shard.lua", "change.lua", "import.lua"]);
    public static readonly RedisScript RaiseFloor = new("raise-floor", ["shard.lua", "raise_floor.lua"]);
    public static readonly RedisScript Erase = new("erase", ["shard.lua", "erase.lua"]);
    public static readonly RedisScript Scan = new("scan", ["shard.lua", "scan.lua"]);
    public static readonly RedisScript Count = new("count", ["shard.lua", "window.lua", "count.lua"]);
    public static readonly RedisScript PutSlots = new("put-slots", ["shard.lua", "change.lua", "put_slots.lua"]);
    public static readonly RedisScript Slots = new("slots", ["shard.lua", "slots.lua"]);
    public static readonly RedisScript ReadOutbox = new("read-outbox", ["shard.lua", "read_outbox.lua"]);
    public static readonly RedisScript TrimOutbox = new("trim-outbox", ["shard.lua", "trim_outbox.lua"]);
    public static readonly RedisScript History = new("history", ["shard.lua", "history.lua"]);

    private RedisScript(string name, string[] parts)
    {
        Name = name;
        Text = string.Concat(parts.Select(Read));
#pragma warning disable CA5350 // Redis names scripts by their SHA-1; nothing secret hangs on it.
        Digest = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    /// <summary>The operation, for errors.</summary>
    public string Name { get; }

    public string Text { get; }

    /// <summary>SHA-1 of the text.</summary>
    public byte[] Digest { get; }

    private static string Read(string part)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(part) ??
            throw new InvalidOperationException($"The script part {part} is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
