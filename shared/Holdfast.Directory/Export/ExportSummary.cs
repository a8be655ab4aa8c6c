using Holdfast.Primitives;

namespace Holdfast.Directory.Export;

/// <summary>What a whole export says of itself.</summary>
/// <param name="Origin">The installation it is from.</param>
/// <param name="Shards">Into how many shards the directory was split.</param>
/// <param name="At">When it was written, UTC.</param>
/// <param name="Records">Records, tombstones too.</param>
/// <param name="Tombstones">Tombstones.</param>
/// <param name="Newest">The highest token of any epoch; <see cref="Token.None"/> where there is none.</param>
/// <param name="NewestLine">The line that has it, from 1.</param>
public sealed record ExportSummary(
    string Origin, int Shards, DateTime At, long Records, long Tombstones, Token Newest, long NewestLine)
{
    /// <exception cref="DirectoryExportException">The export may not be imported by this right.</exception>
    internal void DemandFor(ImportRight right)
    {
        if (Origin != right.Origin)
        {
            throw new DirectoryExportException(
                ExportFault.OtherOrigin, 1, $"it is from '{Origin}', this is '{right.Origin}'.");
        }

        if (Newest > right.Token)
        {
            throw new DirectoryExportException(
                ExportFault.FromTheFuture,
                NewestLine,
                $"the token {Newest} is above {right.Token}, under which it is to be imported: nobody granted it.");
        }
    }
}
