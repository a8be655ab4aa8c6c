// What ContainerServers uses of the package Testcontainers 4.15.0, for machines where it does not restore. Nothing here
// does anything; with -p:UseTestcontainers=true the package takes this file's place.
namespace DotNet.Testcontainers.Containers
{
    internal interface IContainer : IAsyncDisposable
    {
        string Id { get; }

        string Hostname { get; }

        Task StartAsync(CancellationToken ct = default);

        Task StopAsync(CancellationToken ct = default);

        Task PauseAsync(CancellationToken ct = default);

        Task UnpauseAsync(CancellationToken ct = default);

        Task<(string Stdout, string Stderr)> GetLogsAsync(
            DateTime since = default,
            DateTime until = default,
            bool timestampsEnabled = true,
            CancellationToken ct = default);
    }
}

namespace DotNet.Testcontainers.Builders
{
    internal sealed class ContainerBuilder(string image)
    {
        public ContainerBuilder WithPortBinding(int hostPort, int containerPort) => this;

        public ContainerBuilder WithResourceMapping(byte[] resourceContent, string filePath) => this;

        public ContainerBuilder WithCommand(params string[] command) => this;

        public ContainerBuilder WithEnvironment(string name, string value) => this;

        public Containers.IContainer Build() => throw new NotSupportedException(
            $"{image} cannot be started: built without the package Testcontainers.");
    }
}
