using System.Reflection;
using Holdfast.Directory;
using Holdfast.Primitives;

namespace Holdfast.Processes;

/// <summary>Hears what a directory answered about grains.</summary>
/// <param name="operation">The name of the operation.</param>
/// <param name="token">Under which it was asked; null for an operation without one.</param>
/// <param name="answers">What it answered.</param>
public delegate void DirectoryListener(string operation, Token? token, IReadOnlyList<GrainAnswer> answers);

/// <summary>
/// A directory whose answers about grains are heard by somebody else as well, before the caller has them.
/// </summary>
public class ToldDirectory : DispatchProxy
{
    private IGrainDirectory? _inner;
    private DirectoryListener? _hear;

    /// <param name="inner">Answers.</param>
    /// <param name="hear">Is told of each answer.</param>
    public static IGrainDirectory Of(IGrainDirectory inner, DirectoryListener hear)
    {
        var directory = Create<IGrainDirectory, ToldDirectory>();
        var told = (ToldDirectory)directory;
        (told._inner, told._hear) = (inner, hear);
        return directory;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        return answer is Task<IReadOnlyList<GrainAnswer>> grains
            ? HeardAsync(targetMethod.Name, args!.OfType<Token>().Cast<Token?>().FirstOrDefault(), grains)
            : answer;
    }

    private async Task<IReadOnlyList<GrainAnswer>> HeardAsync(
        string operation, Token? token, Task<IReadOnlyList<GrainAnswer>> asked)
    {
        var answers = await asked;
        _hear!(operation, token, answers);
        return answers;
    }
}
