using Holdfast.Consensus.Protocol.Coordination;
using Holdfast.Primitives;

namespace Holdfast.Consensus.Protocol.Tests.Coordination;

public sealed class AnswerCodecTests
{
    private static readonly CoordinationCommand Command =
        new CoordinationCommand.CloseSession(SessionId.Parse("0000000000000007"));

    [Fact]
    public void What_is_remembered_of_a_refusal_is_the_same_however_it_is_worded()
    {
        foreach (var code in Enum.GetValues<RefusalCode>())
        {
            var before = AnswerCodec.Encode(new CoordinationAnswer.Refused(code, "No."), Command);
            var after = AnswerCodec.Encode(new CoordinationAnswer.Refused(code, "Not now, nor ever."), Command);

            after.ToArray().ShouldBe(before.ToArray());
            before.ToArray().ShouldBe([6, (byte)code]);
            AnswerCodec.Decode(before.Span, Command).ShouldBeOfType<CoordinationAnswer.Refused>().Code.ShouldBe(code);
        }
    }
}
