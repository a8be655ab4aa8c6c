namespace Holdfast.Standalone.Local;

/// <summary>A part that is broken on purpose, to show that the demo's proofs can fail.</summary>
internal enum Sabotage
{
    /// <summary>Everything works.</summary>
    None,

    /// <summary>The resource checks no epochs.</summary>
    Fence,

    /// <summary>Failover watches no cluster, so it promotes nothing.</summary>
    Promoter,

    /// <summary>The bus confirms every event and delivers none.</summary>
    Bus,

    /// <summary>The failure detectors forgive a minute of silence.</summary>
    Detector,

    /// <summary>No surviving cluster has an instance of Recovery.</summary>
    Recovery,

    /// <summary>The new build of the daemon says that it is not healthy.</summary>
    Handoff,
}
