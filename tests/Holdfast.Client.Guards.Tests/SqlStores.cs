using System.Data.Common;
using Holdfast.Servers;
using Npgsql;

namespace Holdfast.Client.Guards.Tests;

/// <summary>Words in a table of PostgreSQL.</summary>
public abstract class SqlStore : IGuardedStore, IAsyncLifetime
{
    public ITestServer Server { get; private set; } = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    protected abstract string Tables { get; }

    public async ValueTask InitializeAsync()
    {
        Server = await TestServers.Current.StartPostgreSqlAsync();
        Connect();
        await ExecuteAsync(Tables);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);

        // One that never started has said why already.
        if (Database is not null) await Database.DisposeAsync();
        if (Server is not null) await Server.DisposeAsync();
    }

    public abstract Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word);

    public abstract Task<IReadOnlyList<string>> ReadAsync(GrainId grain);

    public abstract Task ForgetAsync();

    public async Task RestartAsync()
    {
        await Server.KillAsync();
        await Server.RestartAsync();
        await Database.DisposeAsync();
        Connect();
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    protected static bool IsOfTheCheck(PostgresException error) =>
        error.SqlState == PostgresErrorCodes.CheckViolation &&
        error.ConstraintName!.EndsWith("epoch_check", StringComparison.Ordinal);

    private void Connect() => Database = NpgsqlDataSource.Create(
        $"Host={Server.Host};Port={Server.Port};Username=postgres;Database=postgres;Maximum Pool Size=20");
}

/// <summary>Behind the table of the guard, in one transaction with it.</summary>
public sealed class SqlGuardStore : SqlStore
{
    private const string Insert = "INSERT INTO words (grain, word) VALUES (@grain, @word)";

    public static readonly SqlEpochGuard Guard = new();

    protected override string Tables =>
        $"{Guard.CreateTable}; CREATE TABLE words (id bigserial PRIMARY KEY, grain text, word text)";

    public override async Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word)
    {
        await using var connection = await Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        if (!Epoch.TryParse(epoch, out var read)) return await WriteByHandAsync(grain, epoch);
        var guarded = await Guard.RunAsync(
            connection,
            grain,
            read,
            transaction => InsertAsync(transaction, grain, word),
            TestContext.Current.CancellationToken);
        return WriteAnswer.Of(guarded.Answer);
    }

    public override async Task<IReadOnlyList<string>> ReadAsync(GrainId grain)
    {
        await using var command = Database.CreateCommand("SELECT word FROM words WHERE grain = @grain ORDER BY id");
        command.Parameters.AddWithValue("grain", grain.ToString());
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var words = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) words.Add(reader.GetString(0));
        return words;
    }

    public override Task ForgetAsync() => ExecuteAsync("DELETE FROM holdfast_epochs");

    public static async Task<int> InsertAsync(DbTransaction transaction, GrainId grain, string word)
    {
        await using var insert = new NpgsqlCommand(
            Insert, (NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction);
        insert.Parameters.AddWithValue("grain", grain.ToString());
        insert.Parameters.AddWithValue("word", word);
        return await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>As a program without our client would: the table itself keeps out what is no epoch.</summary>
    private async Task<WriteAnswer> WriteByHandAsync(GrainId grain, string epoch)
    {
        await using var raise = Database.CreateCommand(
            "UPDATE holdfast_epochs SET epoch = @epoch WHERE grain = @grain");
        raise.Parameters.AddWithValue("grain", grain.ToString());
        raise.Parameters.AddWithValue("epoch", epoch);
        try
        {
            await raise.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return new WriteAnswer(WriteOutcome.Written, epoch);
        }
        catch (PostgresException malformed) when (IsOfTheCheck(malformed))
        {
            return WriteAnswer.Malformed(malformed.Message);
        }
    }
}

/// <summary>A column and a condition in the user's own table: one statement, no second table.</summary>
public sealed class SqlConditionStore : SqlStore
{
    // The statements of docs/protocols/guards.md.
    private const string Table = """
        CREATE TABLE accounts (
            key text PRIMARY KEY,
            words text[] NOT NULL,
            epoch text NOT NULL CHECK (epoch ~ '^[0-9a-f]{16}-[0-9a-f]{16}$'))
        """;

    private const string Update =
        $"UPDATE accounts SET words = words || @word, epoch = @epoch WHERE key = @key AND {SqlEpochGuard.Condition}";

    private const string InsertWhereAbsent =
        "INSERT INTO accounts (key, words, epoch) VALUES (@key, ARRAY[@word], @epoch) ON CONFLICT DO NOTHING";

    private const string Highest = "SELECT epoch FROM accounts WHERE key = @key";

    protected override string Tables => Table;

    public override async Task<WriteAnswer> WriteAsync(GrainId grain, string epoch, string word)
    {
        try
        {
            if (await ChangeAsync(Update, grain, epoch, word) > 0 ||
                await ChangeAsync(InsertWhereAbsent, grain, epoch, word) > 0 ||
                await ChangeAsync(Update, grain, epoch, word) > 0)
            {
                return new WriteAnswer(WriteOutcome.Written, epoch);
            }
        }
        catch (PostgresException malformed) when (IsOfTheCheck(malformed))
        {
            return WriteAnswer.Malformed(malformed.Message);
        }

        await using var highest = CommandOf(Highest, grain);
        return new WriteAnswer(
            WriteOutcome.Refused,
            (string)(await highest.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    public override async Task<IReadOnlyList<string>> ReadAsync(GrainId grain)
    {
        await using var read = CommandOf("SELECT words FROM accounts WHERE key = @key", grain);
        return (string[]?)await read.ExecuteScalarAsync(TestContext.Current.CancellationToken) ?? [];
    }

    public override Task ForgetAsync() =>
        ExecuteAsync("UPDATE accounts SET epoch = '0000000000000000-0000000000000000'");

    private async Task<int> ChangeAsync(string sql, GrainId grain, string epoch, string word)
    {
        await using var command = CommandOf(sql, grain);
        command.Parameters.AddWithValue("epoch", epoch);
        command.Parameters.AddWithValue("word", word);
        return await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private NpgsqlCommand CommandOf(string sql, GrainId grain)
    {
        var command = Database.CreateCommand(sql);
        command.Parameters.AddWithValue("key", grain.ToString());
        return command;
    }
}
