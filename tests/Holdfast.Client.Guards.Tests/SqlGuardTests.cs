using System.Data;
using Npgsql;

namespace Holdfast.Client.Guards.Tests;

/// <summary>A column and a condition in PostgreSQL.</summary>
public sealed class SqlConditionTests(SqlConditionStore store) : GuardContract, IClassFixture<SqlConditionStore>
{
    protected override int PropertyRuns => 25;

    protected override IGuardedStore Store => store;
}

/// <summary>The table of epochs in PostgreSQL, inside the transaction of the writes.</summary>
public sealed class SqlGuardTests(SqlGuardStore store) : GuardContract, IClassFixture<SqlGuardStore>
{
    private static readonly SqlEpochGuard Guard = SqlGuardStore.Guard;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override int PropertyRuns => 25;

    protected override IGuardedStore Store => store;

    [Fact]
    public async Task A_write_that_fails_takes_its_epoch_back_with_it()
    {
        var grain = NewGrain();
        await using var connection = await store.Database.OpenConnectionAsync(Cancel);

        await Should.ThrowAsync<InvalidOperationException>(() => Guard.RunAsync<int>(
            connection,
            grain,
            EpochOf(9),
            async transaction =>
            {
                await SqlGuardStore.InsertAsync(transaction, grain, "half");
                throw new InvalidOperationException("Broken by the test.");
            },
            Cancel));

        (await store.ReadAsync(grain)).ShouldBeEmpty();
        (await Guard.RunAsync(
            connection, grain, EpochOf(5), one => SqlGuardStore.InsertAsync(one, grain, "whole"), Cancel))
            .Passed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_newer_owner_waits_for_a_write_under_way_and_the_older_one_never_comes_after_it()
    {
        var grain = NewGrain();
        await using var older = await store.Database.OpenConnectionAsync(Cancel);
        await using var newer = await store.Database.OpenConnectionAsync(Cancel);
        await using var under = await older.BeginTransactionAsync(Cancel);
        (await Guard.PassAsync(under, grain, EpochOf(5), Cancel)).Passed.ShouldBeTrue();

        var waits = Guard.RunAsync(
            newer, grain, EpochOf(9), one => SqlGuardStore.InsertAsync(one, grain, "newer"), Cancel);
        await WaitsForALockAsync(newer.ProcessID);
        await SqlGuardStore.InsertAsync(under, grain, "older");
        await under.CommitAsync(Cancel);

        (await waits).Passed.ShouldBeTrue();
        (await store.ReadAsync(grain)).ShouldBe(["older", "newer"]);
        (await Guard.RunAsync(
            older, grain, EpochOf(5), one => SqlGuardStore.InsertAsync(one, grain, "late"), Cancel))
            .Answer.ShouldBe(new GateAnswer(false, EpochOf(9)));
    }

    [Fact]
    public async Task Writes_of_one_transaction_may_be_for_several_grains_and_all_fall_with_the_one_refused()
    {
        GrainId[] grains = [NewGrain(), NewGrain()];
        await store.WriteAsync(grains[1], EpochOf(9).ToString(), "kept");
        await using var connection = await store.Database.OpenConnectionAsync(Cancel);
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            (await Guard.PassAsync(transaction, grains[0], EpochOf(7), Cancel)).Passed.ShouldBeTrue();
            await SqlGuardStore.InsertAsync(transaction, grains[0], "not kept");
            (await Guard.PassAsync(transaction, grains[1], EpochOf(7), Cancel))
                .ShouldBe(new GateAnswer(false, EpochOf(9)));
            await transaction.RollbackAsync(Cancel);
        }

        (await store.ReadAsync(grains[0])).ShouldBeEmpty();
        (await store.WriteAsync(grains[0], EpochOf(1).ToString(), "first")).Outcome.ShouldBe(WriteOutcome.Written);
    }

    [Fact]
    public async Task Under_a_stricter_isolation_a_crossing_is_the_databases_own_error_and_nothing_is_written()
    {
        var grain = NewGrain();
        await store.WriteAsync(grain, EpochOf(5).ToString(), "old");
        await using var connection = await store.Database.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, Cancel);
        await using (var look = new NpgsqlCommand("SELECT 1 FROM words LIMIT 1", connection, transaction))
            await look.ExecuteScalarAsync(Cancel);
        await store.WriteAsync(grain, EpochOf(9).ToString(), "new");

        (await Should.ThrowAsync<PostgresException>(() => Guard.PassAsync(transaction, grain, EpochOf(5), Cancel)))
            .SqlState.ShouldBe(PostgresErrorCodes.SerializationFailure);
    }

    [Fact]
    public async Task What_somebody_else_put_in_the_epochs_place_is_named_and_left_alone()
    {
        var guard = new SqlEpochGuard("unchecked");
        var grain = NewGrain();
        await store.ExecuteAsync(
            "CREATE TABLE unchecked (grain text PRIMARY KEY, epoch text COLLATE \"C\");" +
            $"INSERT INTO unchecked VALUES ('{grain}', 'my own words')");
        await using var connection = await store.Database.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await Should.ThrowAsync<MalformedEpochException>(
            () => guard.PassAsync(transaction, grain, EpochOf(9), Cancel)))
            .Message.ShouldStartWith($"The epoch of '{grain}' in unchecked is 'my own words', which is not an epoch");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Epochs")]
    [InlineData("a.b.c")]
    [InlineData("epochs; DROP TABLE words")]
    [InlineData("epochs\n")]
    public void A_name_that_is_no_table_is_refused(string table) =>
        Should.Throw<ArgumentException>(() => new SqlEpochGuard(table)).Message.ShouldContain("is not a table");

    private async Task WaitsForALockAsync(int process)
    {
        await using var look = store.Database.CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = @pid AND wait_event_type = 'Lock'");
        look.Parameters.AddWithValue("pid", process);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while ((long)(await look.ExecuteScalarAsync(patience.Token))! == 0)
            await pace.WaitForNextTickAsync(patience.Token);
    }
}
