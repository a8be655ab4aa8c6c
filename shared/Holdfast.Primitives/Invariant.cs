using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Holdfast.Primitives;

/// <summary>
/// What must hold, checked in production too: a broken invariant is a bug of ours, never an input's fault.
/// </summary>
public static class Invariant
{
    /// <summary>Throws, with the expression itself as the message, unless the condition holds.</summary>
    /// <exception cref="InvariantViolatedException">The condition does not hold.</exception>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition) throw new InvariantViolatedException(expression);
    }
}

/// <summary>
/// A bug of ours: a state and an input of our own that no rule lists, or an invariant that does not hold.
/// </summary>
public sealed class InvariantViolatedException(string what) : Exception($"Invariant violated: {what}");
