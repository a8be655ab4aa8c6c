using System.Text;

namespace Holdfast.Simulation.Tests;

public sealed class SimulatedDiskTests
{
    private const string Log = "/data/log";

    [Fact]
    public void What_was_flushed_with_its_name_survives_the_loss_of_power()
    {
        foreach (var disk in Disks(50))
        {
            Write(disk, Log, "kept");
            disk.Flush(Log);
            disk.Flush("/data");
            disk.Open(Log).Write("lost?"u8, 4);
            disk.LosePower();
            Text(disk, Log)[..4].ShouldBe("kept");
        }
    }

    [Fact]
    public void What_was_not_flushed_is_sometimes_there_and_sometimes_not()
    {
        var seen = new HashSet<string>();
        foreach (var disk in Disks(200))
        {
            Write(disk, Log, "old");
            disk.Flush(Log);
            disk.Flush("/data");
            disk.Open(Log).Write("new"u8, 0);
            disk.LosePower();
            seen.Add(Text(disk, Log));
        }

        seen.Order().ShouldBe(["new", "old"]);
    }

    [Fact]
    public void A_long_write_is_torn_and_its_sectors_come_in_any_order()
    {
        var (torn, reordered) = (false, false);
        foreach (var disk in Disks(200))
        {
            Write(disk, Log, "");
            disk.Flush("/data");
            disk.Open(Log).Write(Encoding.ASCII.GetBytes(new string('x', 4 * 512)), 0);
            disk.LosePower();
            var text = Text(disk, Log);
            torn |= text.Length is > 0 and < 2048;
            reordered |= text.Contains('\0', StringComparison.Ordinal);
        }

        torn.ShouldBeTrue();
        reordered.ShouldBeTrue("a later sector was there without an earlier one");
    }

    [Fact]
    public void A_name_without_a_flush_of_its_directory_can_be_lost_though_its_content_was_flushed()
    {
        var found = Disks(100).Select(disk =>
        {
            Write(disk, Log, "content");
            disk.Flush(Log);
            disk.LosePower();
            return disk.Exists(Log);
        }).ToList();
        found.ShouldContain(true);
        found.ShouldContain(false);
    }

    [Fact]
    public void A_killed_process_leaves_its_work_in_the_cache()
    {
        var disk = Disks(1)[0];
        Write(disk, Log, "cached");
        disk.Kill();
        Text(disk, Log).ShouldBe("cached");
    }

    [Fact]
    public void A_process_ends_in_the_middle_of_a_write()
    {
        var lengths = new HashSet<int>();
        foreach (var disk in Disks(100))
        {
            disk.EndAfter(1);
            Should.Throw<ProcessEndedException>(() => Write(disk, Log, "whole"));
            lengths.Add(Text(disk, Log).Length);
        }

        lengths.Count.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void A_full_disk_and_a_failing_flush_are_errors_and_promise_nothing()
    {
        var disk = Disks(1)[0];
        Write(disk, Log, "old");
        disk.Flush(Log);
        disk.Flush("/data");
        disk.IsFull = true;
        Should.Throw<IOException>(() => disk.Create("/data/other"));
        disk.IsFull = false;
        disk.FailsFlushes = true;
        disk.Open(Log).Write("new"u8, 0);
        Should.Throw<IOException>(() => disk.Flush(Log));
        disk.FailsFlushes = false;
        disk.Flush(Log);
        Text(disk, Log).ShouldBe("new", "the cache shows what the disk never took");
        disk.LosePower();
        Text(disk, Log).ShouldBe("old");
    }

    [Fact]
    public void A_bit_flips_for_good()
    {
        var disk = Disks(1)[0];
        Write(disk, Log, "A");
        disk.Flush(Log);
        disk.Flush("/data");
        disk.FlipBit(Log, 0, 1);
        Text(disk, Log).ShouldBe("C");
        disk.LosePower();
        Text(disk, Log).ShouldBe("C");
    }

    [Fact]
    public void A_lock_keeps_a_second_out_until_the_process_is_gone()
    {
        var disk = Disks(1)[0];
        disk.Lock(Log);
        Should.Throw<IOException>(() => disk.Lock(Log));
        disk.Kill();
        disk.Lock(Log).Dispose();
        disk.Lock(Log).Dispose();
    }

    private static List<SimulatedDisk> Disks(int count) =>
        [.. Enumerable.Range(0, count).Select(static seed => new SimulatedDisk(new Chance((ulong)seed)))];

    private static void Write(SimulatedDisk disk, string path, string text) =>
        disk.Create(path).Write(Encoding.ASCII.GetBytes(text), 0);

    private static string Text(SimulatedDisk disk, string path) => Encoding.ASCII.GetString(disk.ReadAll(path));
}
