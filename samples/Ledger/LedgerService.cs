using Holdfast.Hosting;

namespace Holdfast.Ledger;

/// <summary>The ledger as part of a host; needs <c>AddHoldfastDefaults</c>.</summary>
public static class LedgerService
{
    public static void AddLedger(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddHoldfastOptions<LedgerOptions>(LedgerOptions.Section);
        builder.Services.AddSingleton<GuardedBook>();
        builder.Services.AddSingleton<ISnapshotSource, LedgerSnapshot>();
    }

    public static void MapLedger(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // Opened with the host: a folder that cannot be used stops the start.
        var book = app.Services.GetRequiredService<GuardedBook>();
        var options = app.Services.GetRequiredService<LedgerOptions>();
        app.MapPost("/v1/writes", (WriteRequest request) =>
            request.Problem(options.WritesPerRequestMax) is { } problem
                ? Problem.Invalid(problem)
                : Results.Ok(book.Write(request)));
        app.MapGet("/v1/accounts", () => book.Entries);
        app.MapGet("/v1/accounts/{**key}", (string key) => book.Find(key) is { } entry
            ? Results.Ok(entry)
            : Problem.NotFound($"Nothing was written to {key}."));
        app.MapGet("/v1/totals", () => book.Totals);
    }

    private sealed class LedgerSnapshot(GuardedBook book) : ISnapshotSource
    {
        public object Snapshot() => new { book.Totals, Accounts = book.Entries };
    }
}
