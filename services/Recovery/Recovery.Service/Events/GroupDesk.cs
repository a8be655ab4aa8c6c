using Holdfast.Client;
using Holdfast.Contracts;
using Holdfast.Contracts.Http;
using Holdfast.Primitives;
using Holdfast.Recovery.Service.Consensus;
using Holdfast.Recovery.Service.Loop;

namespace Holdfast.Recovery.Service.Events;

/// <summary>
/// Defines, scales and removes groups: definitions in Consensus, which every Recovery reads. Whichever Recovery gets a
/// command writes it, the group's home acts on it.
/// </summary>
internal sealed class GroupDesk(ConsensusClient consensus, RecoveryMailbox mailbox, ILogger<GroupDesk> logger)
    : DefinitionDesk(mailbox)
{
    private const string LegalName = "A name of 1 to 128 characters of A-Z a-z 0-9 . _ -.";

    public Task<ICommandAnswer> DefineAsync(DefineGroup command, CancellationToken cancel)
    {
        var wanted = new GroupText(
            command.Kind, command.ClusterId, command.Slots, command.PerNodeMax, Id: command.CommandId);
        return ChangeAsync(command.CommandId, command.Group, wanted, async (group, known) =>
        {
            if (known is { Removed: not true })
            {
                return known with { Id = wanted.Id } == wanted
                    ? new CommandAccepted { CommandId = command.CommandId, Detail = $"{group} is defined so already." }
                    : Refused(
                        command.CommandId,
                        ProblemCodes.AlreadyExists,
                        $"{group} is defined otherwise: {known.Write()}",
                        "ScaleGroup for another number of slots; RemoveGroup first for anything else.");
            }

            if (known?.Id == command.CommandId)
                return new CommandAccepted { CommandId = command.CommandId, Detail = $"{group} was removed since." };

            // Where another defines it in this moment, the first word counts.
            var outcome = await consensus.PutDefinitionAsync(
                GroupText.KeyOf(group), wanted.Write(), cancel, onlyIfAbsent: known is null);
            return AnswerOf(command.CommandId, outcome, $"{group} has {wanted.Slots} slots in {wanted.Cluster}.");
        });
    }

    public Task<ICommandAnswer> ScaleAsync(ScaleGroup command, CancellationToken cancel) =>
        ChangeAsync(command.CommandId, command.Group, null, async (group, known) =>
        {
            if (known is null or { Removed: true }) return Unknown(command.CommandId, group);
            var wanted = known with { Slots = command.Slots };
            if (GroupText.Problem(wanted) is { } problem)
                return Refused(command.CommandId, problem.Code, problem.Detail, problem.Legal);
            var outcome = await consensus.PutDefinitionAsync(GroupText.KeyOf(group), wanted.Write(), cancel);
            return AnswerOf(command.CommandId, outcome, $"{group} has {wanted.Slots} slots.");
        });

    public Task<ICommandAnswer> RemoveAsync(RemoveGroup command, CancellationToken cancel) =>
        ChangeAsync(command.CommandId, command.Group, null, async (group, known) =>
        {
            if (known is null) return Unknown(command.CommandId, group);

            // First what no late write of the definition undoes.
            if (known.Id is { } id)
            {
                var removal = await consensus.PutDefinitionAsync(
                    RemovalText.KeyOf(group), new RemovalText(id).Write(), cancel);
                if (removal.Refusal is not null) return AnswerOf(command.CommandId, removal, "");
            }

            var outcome = await consensus.PutDefinitionAsync(
                GroupText.KeyOf(group), (known with { Removed = true }).Write(), cancel);
            return AnswerOf(command.CommandId, outcome, $"{group} is removed; its slots are being stopped.");
        });

    /// <param name="command">Its id.</param>
    /// <param name="name">The group's.</param>
    /// <param name="wanted">Checked before anything is asked; null where there is nothing to check.</param>
    /// <param name="change">Gets the definition as it is, null where there is none or none that can be read.</param>
    private Task<ICommandAnswer> ChangeAsync(
        Guid command, string name, GroupText? wanted, Func<GroupId, GroupText?, Task<ICommandAnswer>> change)
    {
        if (!GroupId.IsLegal(name))
        {
            return Task.FromResult<ICommandAnswer>(
                Refused(command, "invalidGroup", $"'{name}' is no name of a group.", LegalName));
        }

        if (wanted is not null && GroupText.Problem(wanted) is { } problem)
        {
            return Task.FromResult<ICommandAnswer>(
                Refused(command, problem.Code, problem.Detail, problem.Legal));
        }

        var group = new GroupId(name);
        return AnswerAsync(command, async () =>
        {
            GroupText? known;
            try
            {
                known = await KnownAsync(group);
            }
            catch (FormatException wrong)
            {
                var key = RemovalText.KeyOf(group);
                Log.DefinitionIllegible(logger, key, wrong.Message);
                return Refused(
                    command,
                    "illegibleRemoval",
                    $"{key} in Consensus cannot be read, so whether {group} was removed is not known: {wrong.Message}",
                    $"A legible {key}, written by an operator.");
            }

            var answer = await change(group, known);
            if (answer is CommandAccepted accepted) Log.GroupChanged(logger, accepted.Detail ?? name);
            return answer;
        });
    }

    private async Task<GroupText?> KnownAsync(GroupId group)
    {
        var definition = await consensus.DefinitionAsync(GroupText.KeyOf(group), CancellationToken.None);
        if (definition is null) return null;
        GroupText known;
        try
        {
            known = GroupText.Read(definition.Value);
        }
        catch (FormatException wrong)
        {
            // Written by hand, and no definition: it may be overwritten like one that was removed.
            Log.DefinitionIllegible(logger, definition.Key, wrong.Message);
            return new GroupText("replica", "illegible", 1, Removed: true);
        }

        // A removal that cannot be read says nothing about a definition that can: the caller refuses by its name.
        var removal = await consensus.DefinitionAsync(RemovalText.KeyOf(group), CancellationToken.None);
        return removal is null ? known : RemovalText.Read(removal.Value).Judge(known);
    }

    private static CommandRefused Unknown(Guid command, GroupId group) => Refused(
        command, ProblemCodes.NotFound, $"There is no group {group}.", "A group that DefineGroup has defined.");
}
