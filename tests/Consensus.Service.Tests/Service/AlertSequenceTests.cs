using Holdfast.Consensus.Protocol.Raft;
using Holdfast.Consensus.Service.Alerts;

namespace Holdfast.Consensus.Service.Tests.Service;

public sealed class AlertSequenceTests
{
    [Fact]
    public void The_sequences_of_alerts_rise_over_elections_and_restores()
    {
        // Of each generation its first backup and its last, and terms of each; then the next restore.
        var sequences = new List<string>
        {
            AlertFeed.SequenceOf(0, Term.Zero, 9), AlertFeed.SequenceOf(0, new Term(7), 9),
        };
        for (ushort generation = 1; generation < 12; generation++)
        {
            foreach (var backup in new uint[] { 0, 0x3fff })
            {
                var life = Term.OfLife(generation, backup);
                sequences.Add(AlertFeed.SequenceOf(generation, life.Next(), 9));
                sequences.Add(AlertFeed.SequenceOf(generation, life.Next().Next(), 8));
                sequences.Add(AlertFeed.SequenceOf(generation, life.Next().Next(), 9));
            }
        }

        sequences.ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        sequences.ShouldBeUnique();
    }
}
