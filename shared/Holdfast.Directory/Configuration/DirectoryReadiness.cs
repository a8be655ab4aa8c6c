using System.Security.Authentication;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.Directory;

/// <summary>
/// Asks the directory now and then whether it answers, so that a service that depends on it can say what it waits
/// for. A directory that was not created yet is well: creating it is the work of one of those services.
/// </summary>
/// <param name="directory">What is asked.</param>
/// <param name="options">How it is reached.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="duties">What the program must be let do beside what every program does; null: nothing.</param>
public sealed class DirectoryReadiness(
    IGrainDirectory directory,
    IOptions<DirectoryOptions> options,
    TimeProvider time,
    IEnumerable<DirectoryDuty>? duties = null) : BackgroundService
{
    private static readonly TimeSpan IntervalWhileWell = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IntervalWhileUnwell = TimeSpan.FromMilliseconds(500);

    private readonly DirectoryDuty[] _duties = [.. (duties ?? []).Distinct()];
    private volatile string? _waitsFor = "the first answer of the grain directory";
    private volatile bool _isUnopened;
    private volatile bool _answered;
    private volatile bool _isFit;

    /// <summary>What is checked.</summary>
    public string Name => "directory";

    /// <summary>
    /// Whether the shard that was asked last says that it was never opened: of a directory that is known to be
    /// created, that it has lost its memory.
    /// </summary>
    public bool IsUnopened => _isUnopened;

    /// <summary>Null when the directory answers; otherwise what is waited for.</summary>
    public string? WaitsFor() => _waitsFor;

    /// <summary>Asks once and remembers the answer.</summary>
    /// <exception cref="InvalidCredentialException">The password is wrong, and never was right here.</exception>
    public async Task ProbeAsync(CancellationToken cancel)
    {
        try
        {
            var answer = await directory.ShardAsync(0, cancel);
            _answered = true;
            _isUnopened = answer.Status == DirectoryStatus.ShardLost;
            _waitsFor = answer.Status == DirectoryStatus.WrongFormat
                ? $"a grain directory of this format with Directory:Shards ({options.Value.Shards}) shards"
                : await UnfitAsync(cancel);
        }
        catch (DirectoryUnavailableException unavailable) when (
            _answered || unavailable.Trouble != DirectoryTrouble.WrongPassword)
        {
            _waitsFor = unavailable.Message;
        }
        catch (DirectoryUnavailableException wrong)
        {
            // Only before the first answer: who served already goes on while somebody changes passwords.
            throw new InvalidCredentialException(wrong.Message, wrong);
        }
    }

    /// <summary>Asked until all is well; who changes a store under a running service is on his own.</summary>
    private async Task<string?> UnfitAsync(CancellationToken cancel)
    {
        if (_isFit || directory is not ShardedGrainDirectory store) return null;
        var unfit = await store.UnfitAsync(_duties, cancel);
        _isFit = unfit is null;
        return unfit;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await ProbeAsync(stoppingToken);

            // One that is not created yet soon will be, and the readiness of its services waits to hear of it.
            var isWell = _waitsFor is null && !_isUnopened;
            await Task.Delay(isWell ? IntervalWhileWell : IntervalWhileUnwell, time, stoppingToken);
        }
    }
}
