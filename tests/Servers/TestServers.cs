using Holdfast.Servers.Containers;
using Holdfast.Servers.Native;

namespace Holdfast.Servers;

/// <summary>The servers of this test run, and one RabbitMQ that all tests of an assembly share.</summary>
public static class TestServers
{
    /// <summary><c>native</c> or <c>testcontainers</c>; without it a probe chooses.</summary>
    public const string BackendVariable = "HOLDFAST_TEST_SERVERS";

    private static readonly Lazy<IServers> Chosen = new(Choose);
    private static readonly Lazy<Task<ITestServer>> SharedRabbitMq = new(() => Current.StartRabbitMqAsync());

    /// <summary>Native processes or containers; says on standard output which and why when it is first used.</summary>
    public static IServers Current => Chosen.Value;

    /// <summary>
    /// A broker for everybody: starting one takes long. Tests that share it name their own queues, and so run no
    /// services beside another's of the same names, and never stop it.
    /// </summary>
    public static Task<ITestServer> RabbitMqAsync() => SharedRabbitMq.Value;

    private static IServers Choose()
    {
        IServers servers = Environment.GetEnvironmentVariable(BackendVariable) switch
        {
            "native" => new NativeServers($"{BackendVariable} asks for it"),
            "testcontainers" => ContainersOrThrow(),
            null or "" => ContainerServers.WhyNot() is { } reason
                ? new NativeServers(reason)
                : new ContainerServers("the package is built in and a container engine answers"),
            var other => throw new InvalidOperationException(
                $"{BackendVariable} is '{other}'; wanted is native or testcontainers."),
        };
        Console.WriteLine($"Servers: {servers.Description}.");
        return servers;
    }

    private static ContainerServers ContainersOrThrow() => ContainerServers.WhyNot() is { } reason
        ? throw new InvalidOperationException($"{BackendVariable} asks for testcontainers, but {reason}.")
        : new ContainerServers($"{BackendVariable} asks for it");
}
