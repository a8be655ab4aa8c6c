using Holdfast.Simulation.Histories;

namespace Holdfast.Simulation.Tests;

public enum RegisterAct
{
    Read,
    Write,
    Add,
}

/// <summary>What a client asks of a register.</summary>
public readonly record struct RegisterCall(RegisterAct Act, int Value, string Key = "x")
{
    public static RegisterCall Read { get; } = new(RegisterAct.Read, 0);

    public static RegisterCall Write(int value) => new(RegisterAct.Write, value);

    public static RegisterCall Add(int value) => new(RegisterAct.Add, value);
}

/// <summary>A number that is read, written and added to; a write answers 0, the others what is there then.</summary>
public sealed class Register : ISequentialModel<int, RegisterCall, int>
{
    public int Initial => 0;

    public (int State, int Output) Apply(int state, RegisterCall input) => input.Act switch
    {
        RegisterAct.Read => (state, state),
        RegisterAct.Write => (input.Value, 0),
        _ => (state + input.Value, state + input.Value),
    };
}
