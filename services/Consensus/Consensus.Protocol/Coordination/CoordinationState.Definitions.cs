using System.Text;

namespace Holdfast.Consensus.Protocol.Coordination;

public sealed partial record CoordinationState
{
    private AppliedEntry Put(Entry entry, CoordinationCommand.PutDefinition put)
    {
        var key = put.Key.Value;
        if (put.OnlyIfAbsent && Definitions.TryGetValue(key, out var present))
            return Refuse(this, RefusalCode.DefinitionExists, $"{key} was put by the entry of token {present.Token}.");
        if (Encoding.UTF8.GetByteCount(put.Value) > CoordinationLimits.DefinitionBytesMax)
        {
            return Refuse(
                this,
                RefusalCode.DefinitionTooLarge,
                $"A definition has at most {CoordinationLimits.DefinitionBytesMax} bytes.");
        }

        if (Definitions.Count >= CoordinationLimits.DefinitionsMax && !Definitions.ContainsKey(key))
        {
            return Refuse(
                this,
                RefusalCode.TooManyDefinitions,
                $"There are {CoordinationLimits.DefinitionsMax} definitions already.");
        }

        var definition = new DefinitionRecord(put.Key, put.Value, entry.Token);
        return new(
            this with { Definitions = Definitions.SetItem(key, definition) },
            new CoordinationAnswer.DefinitionState(definition));
    }

    private AppliedEntry Delete(CoordinationCommand.DeleteDefinition delete) =>
        Definitions.TryGetValue(delete.Key.Value, out var definition)
            ? new(
                this with { Definitions = Definitions.Remove(delete.Key.Value) },
                new CoordinationAnswer.DefinitionState(definition))
            : Refuse(this, RefusalCode.UnknownDefinition, $"There is no definition {delete.Key}.");
}
