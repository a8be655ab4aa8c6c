namespace Holdfast.Directory.Export;

/// <summary>Why an export was refused.</summary>
public enum ExportFault
{
    /// <summary>It does not begin as an export does.</summary>
    NoExport,

    /// <summary>It is of a format that this program does not read.</summary>
    OtherFormat,

    /// <summary>A line is none that the format has.</summary>
    Malformed,

    /// <summary>The end is missing: writing it was given up, or it was cut.</summary>
    Incomplete,

    /// <summary>Something follows the end.</summary>
    TooLong,

    /// <summary>Records are missing or were added.</summary>
    OtherCount,

    /// <summary>Something was changed.</summary>
    OtherChecksum,

    /// <summary>It is of another installation, whose tokens mean other holders.</summary>
    OtherOrigin,

    /// <summary>It has an epoch above the token of who imports.</summary>
    FromTheFuture,
}

/// <summary>What was to be imported is refused; nothing was changed.</summary>
/// <param name="fault">What is wrong, in short.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="why">What is wrong with it, and what is wanted.</param>
public sealed class DirectoryExportException(ExportFault fault, long line, string why)
    : Exception($"Line {line} of the export cannot be used: {why}")
{
    /// <summary>What is wrong.</summary>
    public ExportFault Fault { get; } = fault;

    /// <summary>The line, from 1.</summary>
    public long Line { get; } = line;
}
