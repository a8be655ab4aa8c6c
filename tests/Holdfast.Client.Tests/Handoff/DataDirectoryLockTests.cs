namespace Holdfast.Client.Handoff;

public sealed class DataDirectoryLockTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("holdfast-lock-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public void One_has_it_at_a_time_and_the_other_is_told_who()
    {
        using var first = DataDirectoryLock.TryTake(Data, out var nobody);
        first.ShouldNotBeNull();
        nobody.ShouldBeNull();

        DataDirectoryLock.TryTake(Data, out var holder).ShouldBeNull();

        holder.ShouldBe(Environment.ProcessId);
    }

    [Fact]
    public void Released_it_can_be_taken_again_and_its_file_stays()
    {
        DataDirectoryLock.TryTake(Data, out _).ShouldNotBeNull().Dispose();

        File.Exists(Path.Combine(Data, DataDirectoryLock.FileName)).ShouldBeTrue();
        using var second = DataDirectoryLock.TryTake(Data, out _);
        second.ShouldNotBeNull();
    }

    [Fact]
    public void Locks_of_two_directories_have_nothing_to_do_with_each_other()
    {
        using var first = DataDirectoryLock.TryTake(Data, out _);
        using var second = DataDirectoryLock.TryTake(Path.Combine(_folder, "other"), out _);

        second.ShouldNotBeNull();
    }

    [Fact]
    public void What_a_longer_name_left_in_the_file_is_gone()
    {
        System.IO.Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, DataDirectoryLock.FileName);
        File.WriteAllText(file, "99999999999999\nand more\n");

        using (DataDirectoryLock.TryTake(Data, out _).ShouldNotBeNull())
        {
            DataDirectoryLock.TryTake(Data, out var holder).ShouldBeNull();
            holder.ShouldBe(Environment.ProcessId);
        }

        File.ReadAllText(file).ShouldBe($"{Environment.ProcessId}\n");
    }

    [Fact]
    public void A_lock_file_that_cannot_be_opened_is_a_failure_and_not_a_holder()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Data, DataDirectoryLock.FileName));

        Should.Throw<IOException>(() => DataDirectoryLock.TryTake(Data, out _)).Message.ShouldContain("handoff.lock");
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);
}
