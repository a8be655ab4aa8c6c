using Holdfast.Repository.Rules;

namespace Holdfast.Repository;

public sealed class LogEventsTests
{
    [Fact]
    public void Every_log_event_has_an_id_of_its_own_in_the_range_of_its_service() =>
        LogEvents.Check(SourceTree.Repository).ShouldBeNone();

    [Fact]
    public void Repeated_foreign_and_missing_ids_are_found()
    {
        var tree = SourceTree.Of(
            ("services/Gossip/Log.cs", """
                static partial class Log
                {
                    [LoggerMessage(EventId = 1001, Message = "a")] static partial void A();
                    [LoggerMessage(1001, LogLevel.Information, "b")] static partial void B();
                    [LoggerMessage(EventId = 2001, Message = "c")] static partial void C();
                    [LoggerMessage(Message = "d")] static partial void D();
                    [LoggerMessage(EventId = 1002, Message = "e")] static partial void E();
                }
                """),
            ("services/Consensus/Log.cs", "class L { [LoggerMessage(EventId = 2001)] void A() { } }\n"),
            ("samples/Log.cs", "class L { [LoggerMessage(EventId = 10)] void A() { } }\n"));

        LogEvents.Check(tree).ShouldBeAt(
            "services/Gossip/Log.cs:4",
            "services/Gossip/Log.cs:5",
            "services/Gossip/Log.cs:6",
            "services/Consensus/Log.cs:1",
            "samples/Log.cs:1");
    }
}
