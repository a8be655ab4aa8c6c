using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Holdfast.Hosting;

/// <summary>
/// The tokens that may change something. Compared as SHA-256 hashes in constant time, against all of them, so that
/// the time of a refusal says nothing about how close a guess was.
/// </summary>
internal sealed class BearerTokens
{
    private const int TokenLengthMin = 16;
    private const int TokenLengthMax = 4096;
    private const string Scheme = "Bearer ";

    private readonly byte[][] _hashes;

    private BearerTokens(bool anonymous, IEnumerable<string> tokens)
    {
        AllowsAnonymous = anonymous;
        _hashes = [.. tokens.Select(Hash)];
    }

    public bool AllowsAnonymous { get; }

    /// <summary>Reads what the options name; what is wrong with it goes to <paramref name="problems"/>.</summary>
    public static BearerTokens Load(AuthOptions options, List<string> problems)
    {
        if (options.AllowAnonymous && options.TokenFile is not null)
        {
            problems.Add(
                $"Auth:AllowAnonymous is 'true' and Auth:TokenFile is '{options.TokenFile}'; " +
                "wanted is one of the two.");
        }
        else if (!options.AllowAnonymous && options.TokenFile is null)
        {
            problems.Add(
                "Auth:TokenFile is missing; wanted is a file with a bearer token for changes, " +
                "or Auth:AllowAnonymous 'true' where everybody who reaches the port may change anything.");
        }

        return new BearerTokens(
            options.AllowAnonymous, options.TokenFile is null ? [] : ReadTokens(options.TokenFile, problems));
    }

    public bool Allows(HttpContext context)
    {
        if (AllowsAnonymous || !IsChange(context)) return true;
        var header = context.Request.Headers[HeaderNames.Authorization];
        if (header is not [{ } text] || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        var offered = Hash(text[Scheme.Length..].Trim());
        var known = false;
        foreach (var hash in _hashes) known |= CryptographicOperations.FixedTimeEquals(hash, offered);
        return known;
    }

    // Safe unless said otherwise: whatever is not plainly a reading method is a change.
    private static bool IsChange(HttpContext context) =>
        !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) &&
        !HttpMethods.IsOptions(context.Request.Method) &&
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static List<string> ReadTokens(string file, List<string> problems)
    {
        try
        {
            List<string> tokens =
                [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            if (tokens.Count == 0 || !tokens.TrueForAll(IsLegal))
            {
                problems.Add(
                    $"Auth:TokenFile is '{file}'; wanted is a file with one token a line, " +
                    $"each of {TokenLengthMin} to {TokenLengthMax} printable ASCII characters without spaces.");
            }

            return tokens;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"Auth:TokenFile is '{file}'; wanted is a file that can be read. {unreadable.Message}");
            return [];
        }
    }

    private static bool IsLegal(string token) =>
        token.Length is >= TokenLengthMin and <= TokenLengthMax && token.All(c => c is > ' ' and <= '~');

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
