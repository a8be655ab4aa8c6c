using System.Collections.Concurrent;

namespace Holdfast.Client.Guards.Tests;

/// <summary>The gate inside a process, its epochs in a file.</summary>
public sealed class ProcessGuardTests : GuardContract, IDisposable
{
    private readonly GateFile _file = new();
    private readonly ProcessStore _store;

    public ProcessGuardTests() => _store = new ProcessStore(_file);

    // Each first write of a grain and each raise goes to the disk.
    protected override int PropertyRuns => 25;

    protected override IGuardedStore Store => _store;

    public void Dispose() => _file.Dispose();

    private sealed class ProcessStore(GateFile file) : IGuardedStore
    {
        private readonly ConcurrentDictionary<GrainId, List<string>> _words = new();

        public Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word) =>
            Task.FromResult(Write(grain, epoch, word));

        public Task<IReadOnlyList<string>> ReadAsync(GrainId grain) =>
            Task.FromResult<IReadOnlyList<string>>(_words.GetValueOrDefault(grain) ?? []);

        public Task RestartAsync()
        {
            file.Reopen();
            return Task.CompletedTask;
        }

        public Task ForgetAsync()
        {
            file.Forget();
            return Task.CompletedTask;
        }

        private WriteAnswer Write(GrainId grain, string epoch, string word)
        {
            try
            {
                // The list is not safe for two at once: only the gate keeps them apart.
                return WriteAnswer.Of(file.Gate.Guard(
                    grain.ToString(),
                    Epoch.Parse(epoch),
                    () =>
                    {
                        _words.GetOrAdd(grain, _ => []).Add(word);
                        return true;
                    },
                    out _));
            }
            catch (FormatException malformed)
            {
                return WriteAnswer.Malformed(malformed.Message);
            }
        }
    }
}

/// <summary>A gate whose epochs are in a file of the test.</summary>
internal sealed class GateFile : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-guards-").FullName;
    private FileEpochStore _store;

    public GateFile()
    {
        _store = new FileEpochStore(Path);
        Gate = new EpochGate(_store);
    }

    public EpochGate Gate { get; private set; }

    private string Path => System.IO.Path.Combine(_folder, "epochs");

    public void Reopen()
    {
        _store.Dispose();
        _store = new FileEpochStore(Path);
        Gate = new EpochGate(_store);
    }

    public void Forget()
    {
        _store.Dispose();
        File.Delete(Path);
        Reopen();
    }

    public void Dispose()
    {
        _store.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
