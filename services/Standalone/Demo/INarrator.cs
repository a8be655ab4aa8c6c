using Holdfast.Contracts;

namespace Holdfast.Standalone.Demo;

/// <summary>Tells the story: to people in words, or to programs in lines of JSON.</summary>
internal interface INarrator
{
    /// <summary>A new part of the story, and what to look for in it.</summary>
    void Chapter(string title, string text);

    /// <summary>Something this program did or saw.</summary>
    void Step(string text);

    /// <summary>An event, as a subscriber received it.</summary>
    void Heard(IEvent message, string? traceParent);

    /// <summary>A proof held.</summary>
    void Proven(Proof proof, string detail);

    /// <summary>Who owns what now.</summary>
    void Owners(IReadOnlyList<OwnerShare> shares);

    /// <summary>Every proof held.</summary>
    void Succeeded(DemoResult result);

    /// <summary>One did not, and the rest was not tried.</summary>
    void Failed(Proof proof, string detail);
}
