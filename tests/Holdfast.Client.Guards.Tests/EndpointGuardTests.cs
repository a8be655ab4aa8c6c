using System.Collections.Concurrent;
using System.Net.Http.Json;
using Holdfast.Client.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Client.Guards.Tests;

/// <summary>The filter of an endpoint, with a gate whose epochs are in a file.</summary>
public sealed class EndpointGuardTests : GuardContract, IAsyncLifetime
{
    private readonly EndpointStore _store = new();

    // Each first write of a grain and each raise goes to the disk.
    protected override int PropertyRuns => 25;

    protected override IGuardedStore Store => _store;

    public ValueTask InitializeAsync() => _store.StartAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private sealed class EndpointStore : IGuardedStore, IAsyncDisposable
    {
        private readonly GateFile _file = new();
        private readonly ConcurrentDictionary<string, List<string>> _words = new(StringComparer.Ordinal);
        private TestApp? _app;

        public async ValueTask StartAsync() => _app = await TestApp.StartAsync(app =>
            app.MapPost("/words", AppendAsync).RequireEpoch(_file.Gate));

        public async ValueTask DisposeAsync()
        {
            await _app!.DisposeAsync();
            _file.Dispose();
        }

        public async Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/words");
            request.Headers.Add(EpochHeaders.Grain, EpochHeaders.Write(grain));
            request.Headers.Add(EpochHeaders.Epoch, epoch);
            request.Content = JsonContent.Create(new Word(word));
            using var response = await _app!.Http.SendAsync(request, TestContext.Current.CancellationToken);
            if (response.IsSuccessStatusCode) return new WriteAnswer(WriteOutcome.Written, epoch);
            var problem = await TestApp.ProblemAsync(response);
            return ((int)response.StatusCode, problem.GetProperty("code").GetString()) switch
            {
                (412, "epochStale") => new WriteAnswer(
                    WriteOutcome.Refused, problem.GetProperty("highest").GetString()!),
                (400, "epochMalformed") => WriteAnswer.Malformed(problem.GetProperty("detail").GetString()!),
                _ => throw new InvalidOperationException($"{response.StatusCode}: {problem}"),
            };
        }

        public Task<IReadOnlyList<string>> ReadAsync(GrainId grain) =>
            Task.FromResult<IReadOnlyList<string>>(_words.GetValueOrDefault(grain.ToString()) ?? []);

        public async Task RestartAsync()
        {
            await _app!.DisposeAsync();
            _file.Reopen();
            await StartAsync();
        }

        public async Task ForgetAsync()
        {
            await _app!.DisposeAsync();
            _file.Forget();
            await StartAsync();
        }

        private async Task<IResult> AppendAsync(HttpContext context, Word word)
        {
            var words = _words.GetOrAdd(context.Ownership().Grain.ToString(), _ => []);
            var so = words.ToList();

            // What comes between here is lost: only the gate keeps two apart.
            await Task.Yield();
            so.Add(word.Text);
            _words[context.Ownership().Grain.ToString()] = so;
            return Results.Ok();
        }
    }

    private sealed record Word(string Text);
}
