using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Holdfast.Contracts.Http;
using Holdfast.Directory;
using Holdfast.Directory.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Holdfast.Standalone.Directory;

/// <summary>
/// Serves a directory to other processes: <c>POST /v1/directory/{operation}</c>, the other end of
/// <see cref="HttpGrainDirectory"/>. Who may call is the host's policy: every operation is a POST, so every one needs
/// what a change needs.
/// </summary>
public static class GrainDirectoryEndpoints
{
    /// <summary>
    /// What the largest call takes that the directory allows, whatever the host's usual bound is: 500 grains with long
    /// keys, escaped, or all living sessions.
    /// </summary>
    private const long BodyBytesMax = 4L << 20;

    /// <summary>Maps all operations.</summary>
    public static void MapGrainDirectory(this IEndpointRouteBuilder app, IGrainDirectory directory)
    {
        var operations = new Operations(app, directory);
        operations.MapShardOperations();
        operations.MapGrainOperations();
        operations.MapTransferOperations();
        operations.MapRepairOperations();
        operations.MapSlotOperations();
        operations.MapOutboxOperations();
    }

    private static IResult Problem(int status, string code, string detail) => Results.Problem(
        detail, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["code"] = code,
        });

    private sealed class BodyBound : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => BodyBytesMax;
    }

    private sealed class Operations(IEndpointRouteBuilder app, IGrainDirectory directory)
    {
        public void MapShardOperations()
        {
            Map<OpenShardRequest, ShardAnswer>(DirectoryRoutes.Open, (request, cancel) =>
                directory.OpenShardAsync(request.Shard, request.Election, request.Token, request.Floor, cancel));
            Map<DescribeShardRequest, ShardAnswer>(DirectoryRoutes.Describe, (request, cancel) =>
                directory.ShardAsync(request.Shard, cancel));
            Map<InstallGrantRequest, ShardAnswer>(DirectoryRoutes.InstallGrant, (request, cancel) =>
                directory.InstallGrantAsync(request.Shard, request.Election, request.Token, cancel));
            Map<PromoteCall, PromoteAnswer>(DirectoryRoutes.Promote, directory.PromoteAsync);
            Map<ListRequest, GrainPage>(DirectoryRoutes.List, (request, cancel) =>
                directory.ListByOwnerAsync(request.Shard, request.Cluster, request.Cursor, cancel));
        }

        public void MapGrainOperations()
        {
            Map<LookupRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Lookup, (request, cancel) =>
                directory.LookupAsync(Bounded(request.Grains), cancel));
            Map<ClaimRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Claim, (request, cancel) =>
                directory.ClaimAsync(
                    Bounded(request.Grains), request.Cluster, request.Session, request.Token, cancel));
            Map<RegisterRequest, GrainAnswer>(DirectoryRoutes.Register, (request, cancel) =>
                directory.RegisterAsync(request.Grain, request.Cluster, request.Number, cancel));
            Map<ReleaseRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Release, (request, cancel) =>
                directory.ReleaseAsync(Bounded(request.Grains), request.Session, cancel));
            Map<HistoryRequest, HistoryAnswer>(DirectoryRoutes.History, (request, cancel) =>
                directory.HistoryAsync(request.Grain, request.EntriesMax, cancel));
        }

        public void MapTransferOperations()
        {
            Map<OfferRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Offer, (request, cancel) =>
                directory.OfferAsync(Bounded(request.Grains), request.Session, request.To, cancel));
            Map<AcceptRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Accept, (request, cancel) =>
                directory.AcceptAsync(
                    Bounded(request.Grains), request.Cluster, request.Session, request.Token, cancel));
        }

        public void MapRepairOperations()
        {
            Map<OpenShardRequest, ShardAnswer>(DirectoryRoutes.Reopen, (request, cancel) =>
                directory.ReopenShardAsync(request.Shard, request.Election, request.Token, request.Floor, cancel));
            Map<ConfirmShardRequest, ShardAnswer>(DirectoryRoutes.Confirm, (request, cancel) =>
                directory.ConfirmShardAsync(request.Shard, request.Election, request.Token, request.Known, cancel));
            Map<CloseWindowRequest, ShardAnswer>(DirectoryRoutes.CloseWindow, (request, cancel) =>
                directory.CloseWindowAsync(request.Shard, request.Election, request.Token, request.Opened, cancel));
            Map<ReassertRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Reassert, (request, cancel) =>
                directory.ReassertAsync(
                    Bounded(request.Grains), request.Cluster, request.Session, request.Token, cancel));
            Map<ImportRequest, IReadOnlyList<GrainAnswer>>(DirectoryRoutes.Import, (request, cancel) =>
                directory.ImportAsync(Bounded(request.Records), request.Election, request.Token, cancel));
            Map<RaiseFloorRequest, ShardAnswer>(DirectoryRoutes.RaiseFloor, (request, cancel) =>
                directory.RaiseFloorAsync(request.Shard, request.Election, request.Token, request.Floor, cancel));
            Map<EraseRequest, EraseAnswer>(DirectoryRoutes.Erase, (request, cancel) =>
                directory.EraseTombstonesAsync(
                    request.Shard, request.Election, request.Token, request.Cursor, cancel));
            Map<ScanRequest, GrainPage>(DirectoryRoutes.Scan, (request, cancel) =>
                directory.ScanAsync(request.Shard, request.Cursor, cancel));
            Map<CountRequest, CountAnswer>(DirectoryRoutes.Count, (request, cancel) =>
                directory.CountAsync(request.Shard, request.Clusters, cancel));
        }

        public void MapSlotOperations()
        {
            Map<PutSlotsCall, PutSlotsAnswer>(DirectoryRoutes.PutSlots, directory.PutSlotsAsync);
            Map<SlotsRequest, SlotPage>(DirectoryRoutes.Slots, (request, cancel) =>
                directory.SlotsAsync(request.Group, request.First, cancel));
        }

        public void MapOutboxOperations()
        {
            Map<ReadOutboxRequest, OutboxPage>(DirectoryRoutes.ReadOutbox, (request, cancel) =>
                directory.ReadOutboxAsync(request.Shard, request.After, request.EntriesMax, cancel));
            Map<TrimOutboxRequest, ShardAnswer>(DirectoryRoutes.TrimOutbox, (request, cancel) =>
                directory.TrimOutboxAsync(request.Shard, request.Election, request.Token, request.UpTo, cancel));
        }

        private static IReadOnlyList<T> Bounded<T>(IReadOnlyList<T> grains)
        {
            if (grains.Any(grain => grain is null)) throw new ArgumentException("A grain must not be null.");
            return grains.Count <= DirectoryLimits.GrainsPerCallMax
                ? grains
                : throw new ArgumentException(
                    $"{grains.Count} grains were asked for, a call takes {DirectoryLimits.GrainsPerCallMax}.");
        }

        private void Map<TRequest, TAnswer>(
            string operation, Func<TRequest, CancellationToken, Task<TAnswer>> call) =>
            app.MapPost(DirectoryRoutes.Root + operation, async context =>
            {
                var answer = await AnswerAsync(context, call);
                await answer.ExecuteAsync(context);
            }).WithMetadata(new BodyBound());

        private async Task<IResult> AnswerAsync<TRequest, TAnswer>(
            HttpContext context, Func<TRequest, CancellationToken, Task<TAnswer>> call)
        {
            if (WrongShards(context.Request) is { } wrong) return wrong;
            using var trace = ContinueTrace(context.Request);
            try
            {
                var request = await JsonSerializer.DeserializeAsync<TRequest>(
                    context.Request.Body, DirectoryJson.Requests, context.RequestAborted);
                if (request is null) return Invalid("The body must not be null.");
                return Results.Json(await call(request, context.RequestAborted), DirectoryJson.Answers);
            }
            catch (Exception malformed) when (malformed is JsonException or ArgumentException)
            {
                return Invalid(malformed.Message);
            }
            catch (DirectoryUnavailableException unavailable)
            {
                return Problem(
                    StatusCodes.Status503ServiceUnavailable, DirectoryRoutes.Unavailable, unavailable.Message);
            }
        }

        private static IResult Invalid(string detail) =>
            Problem(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, detail);

        private IResult? WrongShards(HttpRequest request)
        {
            var believed = request.Headers[DirectoryRoutes.ShardsHeader].ToString();
            return believed == directory.Shards.ToString(CultureInfo.InvariantCulture)
                ? null
                : Problem(
                    StatusCodes.Status409Conflict,
                    DirectoryRoutes.WrongFormat,
                    $"This directory has {directory.Shards} shards, the header {DirectoryRoutes.ShardsHeader} " +
                    $"says '{believed}'.");
        }

        /// <summary>What the caller's call causes belongs to the caller's trace, whoever listens here.</summary>
        private static Activity? ContinueTrace(HttpRequest request)
        {
            var parent = request.Headers.TraceParent.ToString();
            if (!ActivityContext.TryParse(parent, null, out var context)) return null;
            if (Activity.Current is { } current && current.TraceId == context.TraceId) return null;
            return new Activity("directory").SetParentId(context.TraceId, context.SpanId, context.TraceFlags).Start();
        }
    }
}
