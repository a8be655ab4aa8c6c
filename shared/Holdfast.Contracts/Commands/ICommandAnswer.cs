namespace Holdfast.Contracts;

/// <summary>The answer to a command: <see cref="CommandAccepted"/> or <see cref="CommandRefused"/>.</summary>
public interface ICommandAnswer
{
    /// <summary>The command that is answered.</summary>
    Guid CommandId { get; }
}
