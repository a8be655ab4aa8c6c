using Holdfast.Cli.Calls;
using Holdfast.Cli.Output;
using Holdfast.Cli.Settings;
using Holdfast.Client;
using Holdfast.Directory;
using Holdfast.Directory.Http;
using Holdfast.Directory.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Cli;

/// <summary>What one run of a command works with; connections are made when they are first used.</summary>
internal sealed class ToolRun(Surroundings around, ToolSettings settings, bool isJson) : IAsyncDisposable
{
    private readonly Lazy<ServiceCaller> _caller = new(() => new ServiceCaller(settings, around));
    // Null for the clients' own.
    private readonly SocketsHttpHandler? _handler =
        around.Connect is { } connect ? new SocketsHttpHandler { ConnectCallback = connect } : null;

    private ConsensusClient? _consensus;
    private ShardedGrainDirectory? _directory;

    public Surroundings Around => around;

    public ToolSettings Settings => settings;

    /// <summary>Whether standard output is one JSON document.</summary>
    public bool IsJson => isJson;

    public Screen Screen { get; } = new(around.Out, around.Width, around.IsColoured);

    public ServiceCaller Caller => _caller.Value;

    /// <exception cref="ToolFailureException">No voter is named.</exception>
    public ConsensusClient Consensus
    {
        get
        {
            if (settings.Consensus.Count == 0) throw Missing("voters of Consensus", SettingKey.Consensus);
            return _consensus ??= new ConsensusClient(ServiceCaller.ConsensusOf(settings), _handler);
        }
    }

    /// <exception cref="ToolFailureException">No directory is named.</exception>
    public IGrainDirectory Directory
    {
        get
        {
            if (settings.Directory is not { } options) throw Missing("grain directory", SettingKey.Directory);
            return _directory ??= options.Backend == DirectoryBackend.Http
                ? new HttpGrainDirectory(options, _handler, around.Time)
                : new RedisGrainDirectory(options, NullLogger<RedisGrainDirectory>.Instance, around.Time);
        }
    }

    /// <summary>What to say where a command needs something that no setting names.</summary>
    public static ToolFailureException Missing(string what, SettingKey key) => ToolFailureException.Usage(
        $"No {what} is named: give {key.OptionName}, {key.VariableName}, or '{key.Name}' in a file with settings.");

    public async ValueTask DisposeAsync()
    {
        if (_caller.IsValueCreated) _caller.Value.Dispose();
        _consensus?.Dispose();
        _handler?.Dispose();
        switch (_directory)
        {
            case IAsyncDisposable remote: await remote.DisposeAsync(); break;
            case IDisposable local: local.Dispose(); break;
        }
    }
}
