using Holdfast.Consensus.Protocol.Raft;

namespace Holdfast.Consensus.Storage.Tests;

/// <summary>Files with any bytes in them: a start reads them, or names the file; it never crashes.</summary>
public sealed class FileFuzzTests : IDisposable
{
    private const int Rounds = 400;

    private readonly string _directory = Directory.CreateTempSubdirectory("holdfast-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("*.log", CorruptionPolicy.Refuse)]
    [InlineData("*.log", CorruptionPolicy.Truncate)]
    [InlineData("*.snapshot", CorruptionPolicy.Refuse)]
    [InlineData("*.snapshot", CorruptionPolicy.ContinueFromPeers)]
    [InlineData("vote", CorruptionPolicy.Refuse)]
    [InlineData("vote", CorruptionPolicy.ContinueFromPeers)]
    [InlineData("bootstrap", CorruptionPolicy.Refuse)]
    [InlineData("identity", CorruptionPolicy.Refuse)]
    public void A_start_bears_any_bytes(string pattern, CorruptionPolicy policy)
    {
        Write();
        var whole = Directory.GetFiles(_directory).ToDictionary(path => path, File.ReadAllBytes);
        var path = Directory.GetFiles(_directory, pattern).Order().First();
        var random = new Random(1);
        var (refused, read) = (0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            foreach (var file in Directory.GetFiles(_directory)) File.Delete(file);
            foreach (var (file, bytes) in whole) File.WriteAllBytes(file, bytes);
            File.WriteAllBytes(path, Changed(whole[path], random));
            try
            {
                using var store = FileLogStore.Open(_directory, "test/n1", policy: policy);
                store.Load();
                store.ReadBootstrap();
                read++;
            }
            catch (Exception named) when (named is LogCorruptException or DataDirectoryForeignException)
            {
                refused++;
            }
        }

        (refused + read).ShouldBe(Rounds);
        (policy == CorruptionPolicy.Refuse ? refused : refused + read).ShouldBeGreaterThan(Rounds / 4);
    }

    private static byte[] Changed(byte[] whole, Random random)
    {
        if (random.Next(3) == 0)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            whole.AsSpan(0, Math.Min(4, Math.Min(bytes.Length, whole.Length))).CopyTo(bytes);
            return bytes;
        }

        var changed = whole[..(random.Next(4) == 0 ? random.Next(whole.Length) : whole.Length)];
        for (var changes = random.Next(4); changes > 0 && changed.Length > 0; changes--)
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
        return changed;
    }

    private void Write()
    {
        using var store = FileLogStore.Open(_directory, "test/n1");
        store.Load();
        store.WriteBootstrap(Configuration.OfVoters(new("n1"), new("n2")));
        store.Write([Samples.Write(1, new HardState(new Term(3), new("n1")), Samples.Entry(1, 1))]);
        store.Write([Samples.Write(2, null) with { Chunk = Samples.Part("state", 0, 5) }]);
        for (ulong i = 8; i < 12; i++) store.Write([Samples.Write(i, null, Samples.Entry(i, 3, $"command {i}"))]);
    }
}
