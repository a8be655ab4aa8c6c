using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.Handoff.Service.Processes;

/// <summary>A process to start: what, where, with which environment and which descriptors from 3 on.</summary>
/// <param name="Path">The file to run.</param>
/// <param name="Arguments">Its arguments, without its own name.</param>
/// <param name="Environment">All of it; nothing of the supervisor's own is inherited.</param>
/// <param name="Folder">Its working folder.</param>
/// <param name="Descriptors">What becomes its descriptors 3, 4, ...; every other one is closed.</param>
internal sealed record ProcessLaunch(
    string Path,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string Folder,
    IReadOnlyList<int> Descriptors)
{
    /// <summary>The first descriptor that is handed down: 0, 1 and 2 are in, out and error.</summary>
    public const int FirstDescriptor = 3;

    // Out of the way of the descriptors that the child shall have, so that one copy never overwrites another.
    private const int OutOfTheWay = 512;

    /// <summary>Starts it and answers with its id.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public unsafe int Start()
    {
        var actions = stackalloc byte[NativeCalls.OpaqueSize];
        var attributes = stackalloc byte[NativeCalls.OpaqueSize];
        using var texts = new NativeTexts();
        var copies = new List<int>();
        Check(NativeCalls.ActionsInit(actions), "prepare");
        Check(NativeCalls.AttributesInit(attributes), "prepare");
        try
        {
            Check(NativeCalls.ActionsOpen(actions, 0, texts.Of("/dev/null"), 0, 0), "open /dev/null for");
            foreach (var descriptor in Descriptors)
            {
                var copy = NativeCalls.FileControl(descriptor, NativeCalls.DuplicateCloseOnExec, OutOfTheWay);
                if (copy < 0)
                    throw new IOException($"A descriptor for '{Path}': {Marshal.GetLastPInvokeErrorMessage()}");
                copies.Add(copy);
                var target = FirstDescriptor + copies.Count - 1;
                Check(NativeCalls.ActionsDuplicate(actions, copy, target), "hand descriptors to");
            }

            Check(NativeCalls.ActionsCloseFrom(actions, FirstDescriptor + copies.Count), "close the rest for");
            Check(NativeCalls.ActionsChangeFolder(actions, texts.Of(Folder)), "set the folder of");
            Signals(attributes);
            var environment = Environment.Select(item => $"{item.Key}={item.Value}");
            var error = NativeCalls.Spawn(
                out var pid,
                texts.Of(Path),
                actions,
                attributes,
                texts.Of([Path, .. Arguments]),
                texts.Of([.. environment]));
            Check(error, "start");
            return pid;
        }
        finally
        {
            foreach (var copy in copies) NativeCalls.Close(copy);
            _ = NativeCalls.ActionsDestroy(actions);
            _ = NativeCalls.AttributesDestroy(attributes);
        }
    }

    // A group of its own, so that Ctrl-C at the supervisor's terminal is not its; signals as a fresh process has them.
    private static unsafe void Signals(byte* attributes)
    {
        var signals = stackalloc byte[NativeCalls.OpaqueSize];
        Check(NativeCalls.SignalsAll(signals), "prepare");
        Check(NativeCalls.AttributesDefaultSignals(attributes, signals), "prepare");
        Check(NativeCalls.SignalsNone(signals), "prepare");
        Check(NativeCalls.AttributesSignalMask(attributes, signals), "prepare");
        const short flags = NativeCalls.SpawnNewGroup | NativeCalls.SpawnDefaultSignals | NativeCalls.SpawnSignalMask;
        Check(NativeCalls.AttributesFlags(attributes, flags), "prepare");
    }

    private static void Check(int error, string what)
    {
        if (error != 0) throw new IOException($"Cannot {what} the process: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Texts and lists of texts as C wants them, freed together.</summary>
    private sealed unsafe class NativeTexts : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Of(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text + '\0');
            var block = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
            bytes.CopyTo(new Span<byte>(block, bytes.Length));
            _blocks.Add((nint)block);
            return block;
        }

        public byte** Of(IReadOnlyList<string> texts)
        {
            var block = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
            _blocks.Add((nint)block);
            for (var i = 0; i < texts.Count; i++) block[i] = Of(texts[i]);
            block[texts.Count] = null;
            return block;
        }

        public void Dispose()
        {
            foreach (var block in _blocks) NativeMemory.Free((void*)block);
        }
    }
}
