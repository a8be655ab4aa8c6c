using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;
using Holdfast.Primitives;

namespace Holdfast.Client;

/// <summary>
/// A guard in a PostgreSQL database: a table with the highest epoch of each grain, compared and raised inside the
/// transaction of the user's own writes. The row stays locked until that transaction ends, so no other write of the
/// grain comes between, and what rolls the writes back rolls the epoch back with them. Takes whatever ADO.NET provider
/// the program has. Thread-safe.
/// </summary>
/// <remarks>
/// Where each grain is one row of the user's, a column and a condition do the same without a second table:
/// docs/protocols/guards.md.
/// </remarks>
public sealed partial class SqlEpochGuard
{
    /// <summary>
    /// For a table of the user's with a column <c>epoch</c>: what stands behind <c>WHERE</c>, with the write's epoch as
    /// the parameter <c>@epoch</c>, which the write also puts into the column. No row was changed: refused, or not
    /// there.
    /// </summary>
    public const string Condition = "epoch COLLATE \"C\" <= @epoch";

    private readonly string _table;
    private readonly string _raise;
    private readonly string _read;

    /// <summary>Makes a guard.</summary>
    /// <param name="table">Its table: a lower-case name, which a schema and a dot may precede.</param>
    /// <exception cref="ArgumentException">The name has another shape.</exception>
    public SqlEpochGuard(string table = "holdfast_epochs")
    {
        if (table is null || !TableName().IsMatch(table))
        {
            throw new ArgumentException(
                $"'{table}' is not a table: a-z 0-9 _, with a schema and a dot before it or without, is wanted.",
                nameof(table));
        }

        _table = table;

        // DO UPDATE locks the row whether its condition holds or not, and compares with what is committed by then.
        _raise = $"""
            INSERT INTO {table} AS known (grain, epoch) VALUES (@grain, @epoch)
            ON CONFLICT (grain) DO UPDATE SET epoch = excluded.epoch WHERE known.epoch <= excluded.epoch
            RETURNING epoch
            """;
        _read = $"SELECT epoch FROM {table} WHERE grain = @grain";
    }

    /// <summary>
    /// Makes the table where it is not there. The collation <c>C</c> compares bytes, which is the order of epochs; the
    /// check keeps out what is none, from whomever.
    /// </summary>
    public string CreateTable => $$"""
        CREATE TABLE IF NOT EXISTS {{_table}} (
            grain text COLLATE "C" PRIMARY KEY,
            epoch text COLLATE "C" NOT NULL CHECK (epoch ~ '^[0-9a-f]{16}-[0-9a-f]{16}$'))
        """;

    /// <summary>
    /// Whether a write may go on; remembers the epoch when it may, if the transaction commits. Call it before the
    /// writes of the same transaction, and roll back when it is refused.
    /// </summary>
    /// <param name="transaction">
    /// Of the writes. Under <c>REPEATABLE READ</c> and <c>SERIALIZABLE</c> the database may end it with 40001, as any
    /// other; run it again.
    /// </param>
    /// <param name="grain">Whose epoch is compared.</param>
    /// <param name="epoch">Under which the caller holds it.</param>
    /// <param name="cancel">Gives up waiting, also for a transaction that has the grain just now.</param>
    /// <exception cref="MalformedEpochException">The table has something else for an epoch.</exception>
    /// <exception cref="DbException">The database failed; nothing is known to have changed.</exception>
    public async Task<GateAnswer> PassAsync(
        DbTransaction transaction, GrainId grain, Epoch epoch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (await AskAsync(transaction, _raise, grain, epoch.ToString(), cancel) is not null)
            return new GateAnswer(Passed: true, epoch);
        var text = await AskAsync(transaction, _read, grain, epoch: null, cancel) ?? "";
        if (!Epoch.TryParse(text, out var highest))
            throw new MalformedEpochException($"The epoch of '{grain}' in {_table}", text);
        Telemetry.EpochRefused(Telemetry.SqlGuard);
        return new GateAnswer(Passed: false, highest);
    }

    /// <summary>
    /// Runs a write in a transaction of its own, committed when it passed and returned, rolled back otherwise.
    /// </summary>
    /// <param name="connection">Open, and without a transaction.</param>
    /// <param name="grain">Whose epoch is compared.</param>
    /// <param name="epoch">Under which the caller holds it.</param>
    /// <param name="write">Gives its commands the transaction that it is given.</param>
    /// <param name="cancel">Gives up; before the commit nothing was changed.</param>
    /// <typeparam name="T">What the write returns.</typeparam>
    /// <exception cref="MalformedEpochException">The table has something else for an epoch.</exception>
    /// <exception cref="DbException">
    /// The database failed. Where it failed at the commit, the write may have been carried out; the same again is
    /// harmless where writing it twice is.
    /// </exception>
    public async Task<Guarded<T>> RunAsync<T>(
        DbConnection connection,
        GrainId grain,
        Epoch epoch,
        Func<DbTransaction, Task<T>> write,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(write);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        var answer = await PassAsync(transaction, grain, epoch, cancel);
        if (!answer.Passed) return new Guarded<T>(answer, default);
        var result = await write(transaction);
        await transaction.CommitAsync(cancel);
        return new Guarded<T>(answer, result);
    }

    [GeneratedRegex(@"\A([a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}\z")]
    private static partial Regex TableName();

    private static async Task<string?> AskAsync(
        DbTransaction transaction, string text, GrainId grain, string? epoch, CancellationToken cancel)
    {
        var connection = transaction.Connection ??
            throw new ArgumentException("The transaction has ended.", nameof(transaction));
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        Add(command, "grain", grain.ToString());
        if (epoch is not null) Add(command, "epoch", epoch);
        return (string?)await command.ExecuteScalarAsync(cancel);
    }

    private static void Add(DbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
