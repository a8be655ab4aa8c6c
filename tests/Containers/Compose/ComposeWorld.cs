using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Containers.Audits;
using Holdfast.Containers.Bus;
using Holdfast.Containers.Compose;

[assembly: AssemblyFixture(typeof(ComposeWorld))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Holdfast.Containers.Compose;

/// <summary>
/// One set for all tests of this assembly, since bringing it up takes most of a minute. Each test begins by mending
/// what the one before broke.
/// </summary>
public sealed class ComposeWorld : IAsyncDisposable
{
    /// <summary>Set to keep the set running after the tests, and to use one that runs already.</summary>
    private const string KeepVariable = "HOLDFAST_CONTAINERS_KEEP";

    /// <summary>A name and ports of each checkout's own, so that the tests of two may run beside one another.</summary>
    private static readonly string Project = $"holdfast-tests-{Checkout:x4}";

    private readonly bool _keeps = Environment.GetEnvironmentVariable(KeepVariable) is { Length: > 0 };
    private ComposeSet? _set;
    private Exception? _broken;
    private bool _isMeasured;
    private SetStart? _start;
    private Exception? _unmeasured;

    /// <summary>What the start of the set took; null before it, and where one was used that ran already.</summary>
    /// <exception cref="InvalidOperationException">It was started, and could not be measured.</exception>
    internal SetStart? Start => _unmeasured is null
        ? _start
        : throw new InvalidOperationException($"The start was not measured: {_unmeasured.Message}", _unmeasured);

    /// <summary>The set with everything in it healthy; skips the test where there is no engine.</summary>
    internal async Task<ComposeSet> HealthyAsync()
    {
        var reason = await Engine.WhyNotAsync();
        Assert.SkipWhen(reason is not null, $"Not run in containers: {reason}.");
        if (_set is null)
        {
            var folder = Path.Combine(Path.GetTempPath(), Project);
            var kept = Path.Combine(folder, "ports");
            var ports = _keeps && File.Exists(kept)
                ? int.Parse(await File.ReadAllTextAsync(kept), System.Globalization.CultureInfo.InvariantCulture)
                : ComposeFile.FreePorts(startAt: Checkout);
            _set = new ComposeSet(Project, ports, Path.Combine(folder, "secrets"));
            if (!_keeps) await _set.DownAsync(LogFile("before"));
            System.IO.Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(kept, $"{ports}");
            await _set.MakeSecretsAsync();
        }

        // Each test would wait as long again for what did not get well the first time.
        if (_broken is not null) throw new InvalidOperationException($"The set is broken: {_broken.Message}", _broken);
        if (_isMeasured || _keeps)
        {
            await UpAsync(_set);
        }
        else
        {
            _isMeasured = true;
            var busy = await SetStart.QuietAsync();
            var before = await MachineTicks.NowAsync();
            var clock = Stopwatch.StartNew();
            await UpAsync(_set);
            await MeasureAsync(_set, clock.Elapsed, busy, before);
        }

        return _set;
    }

    /// <summary>The bus with the credentials of one of its users, on a healthy set.</summary>
    internal async Task<BusUser> BusAsync(string user) => await BusUser.OfAsync(await HealthyAsync(), user);

    public async ValueTask DisposeAsync()
    {
        if (_set is null || _keeps) return;
        await _set.DownAsync(LogFile("after"));
        System.IO.Directory.Delete(Path.GetDirectoryName(_set.Secrets)!, recursive: true);
    }

    private async Task UpAsync(ComposeSet set)
    {
        try
        {
            await set.UpAsync();
        }
        catch (Exception failure)
        {
            _broken = failure;
            throw;
        }
    }

    // What cannot be measured fails the test that asks for it, and no other: the set is up all the same.
    private async Task MeasureAsync(ComposeSet set, TimeSpan took, double busy, MachineTicks before)
    {
        try
        {
            var stolen = (await MachineTicks.NowAsync()).StolenSince(before);
            _start = new SetStart(took, await Health.CpuAsync(set), busy, stolen);
        }
        catch (Exception failure)
        {
            _unmeasured = failure;
        }
    }

    private static int Checkout =>
        BinaryPrimitives.ReadUInt16BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Engine.Root)));

    private static string LogFile(string when) => Path.Combine(Path.GetTempPath(), $"{Project}-{when}.log");
}
