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

    // Null where operators have no tokens of their own.
    private readonly byte[][]? _operators;

    private BearerTokens(bool anonymous, IEnumerable<string> tokens, IEnumerable<string>? operators)
    {
        AllowsAnonymous = anonymous;
        _hashes = [.. tokens.Select(Hash)];
        _operators = operators is null ? null : [.. operators.Select(Hash)];
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

        if (options.OperatorTokenFile is { } file && (options.AllowAnonymous || options.TokenFile is null))
            problems.Add($"Auth:OperatorTokenFile is '{file}'; wanted is Auth:TokenFile beside it, or neither.");
        return new BearerTokens(
            options.AllowAnonymous,
            options.TokenFile is null ? [] : ReadTokens("TokenFile", options.TokenFile, problems),
            options.OperatorTokenFile is null
                ? null
                : ReadTokens("OperatorTokenFile", options.OperatorTokenFile, problems));
    }

    public TokenVerdict Judge(HttpContext context)
    {
        if (AllowsAnonymous || !IsChange(context)) return TokenVerdict.Allowed;
        var header = context.Request.Headers[HeaderNames.Authorization];
        if (header is not [{ } text] || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return TokenVerdict.Unknown;
        var offered = Hash(text[Scheme.Length..].Trim());
        var known = IsAmong(_hashes, offered);
        var isOperator = _operators is null ? known : IsAmong(_operators, offered);
        if (isOperator) return TokenVerdict.Allowed;
        if (!known) return TokenVerdict.Unknown;
        return context.GetEndpoint()?.Metadata.GetMetadata<OperatorOnlyExtensions.OperatorOnly>() is null
            ? TokenVerdict.Allowed
            : TokenVerdict.NotOperator;
    }

    private static bool IsAmong(byte[][] hashes, byte[] offered)
    {
        var known = false;
        foreach (var hash in hashes) known |= CryptographicOperations.FixedTimeEquals(hash, offered);
        return known;
    }

    // Safe unless said otherwise: whatever is not plainly a reading method is a change.
    private static bool IsChange(HttpContext context) =>
        !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) &&
        !HttpMethods.IsOptions(context.Request.Method) &&
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null;

    private static List<string> ReadTokens(string key, string file, List<string> problems)
    {
        try
        {
            List<string> tokens =
                [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            if (tokens.Count == 0 || !tokens.TrueForAll(IsLegal))
            {
                problems.Add(
                    $"Auth:{key} is '{file}'; wanted is a file with one token a line, " +
                    $"each of {TokenLengthMin} to {TokenLengthMax} printable ASCII characters without spaces.");
            }

            return tokens;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"Auth:{key} is '{file}'; wanted is a file that can be read. {unreadable.Message}");
            return [];
        }
    }

    private static bool IsLegal(string token) =>
        token.Length is >= TokenLengthMin and <= TokenLengthMax && token.All(c => c is > ' ' and <= '~');

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

/// <summary>What the token of a request is good for.</summary>
internal enum TokenVerdict
{
    Allowed,
    Unknown,
    NotOperator,
}
