using Holdfast.Directory.Embedded;
using Holdfast.Directory.Http;
using Holdfast.Directory.Tests.Contract;
using Holdfast.Primitives;
using Holdfast.Standalone.Directory;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Directory.Tests.Http;

public sealed class HttpGrainDirectoryTests : GrainDirectoryContract
{
    private readonly List<IAsyncDisposable> _servers = [];
    private EmbeddedGrainDirectory? _behind;
    private ShardMemory? _memory;

    public override async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }

    protected override async Task<IGrainDirectory> CreateAsync(DirectoryOptions options)
    {
        _behind = new EmbeddedGrainDirectory(options);
        return new HttpGrainDirectory(options with
        {
            Address = await ServeAsync(_behind),
            Deadline = PatientDeadline,
        });
    }

    protected override Task PlantAsync(GrainRecord record)
    {
        _behind!.Plant(record);
        return Task.CompletedTask;
    }

    protected override Task MisfileAsync(GrainId grain, ClusterId under, ClusterId? owner = null) =>
        Do(directory => directory.Misfile(grain, under, owner));

    protected override Task ForgetAsync() => Do(directory => directory.Forget(0));

    protected override Task RememberAsync() => Do(directory => _memory = directory.Remember(0));

    protected override Task RollBackAsync() => Do(directory => directory.RollBack(0, _memory!));

    protected override Task RestartAsync() => Do(directory => directory.Restart(0));

    private Task Do(Action<EmbeddedGrainDirectory> act)
    {
        act(_behind!);
        return Task.CompletedTask;
    }

    private async Task<Uri> ServeAsync(IGrainDirectory directory)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGrainDirectory(directory);
        await app.StartAsync();
        _servers.Add(app);
        return new Uri(app.Urls.Single());
    }
}
