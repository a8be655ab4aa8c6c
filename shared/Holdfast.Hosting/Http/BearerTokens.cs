using System.Security.Cryptography;
using System.Text;
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
    private readonly byte[][] _services;
    private readonly byte[][] _operators;

    private BearerTokens(IEnumerable<string> tokens, IEnumerable<string> services, IEnumerable<string> operators)
    {
        _hashes = [.. tokens.Select(Hash)];
        _services = [.. services.Select(Hash)];
        _operators = [.. operators.Select(Hash)];
    }

    /// <summary>Reads what the options name; what is wrong with it goes to <paramref name="problems"/>.</summary>
    public static BearerTokens Load(AuthOptions options, List<string> problems) => new(
        ReadTokens("TokenFile", options.TokenFile, problems),
        ReadTokens("ServiceTokenFile", options.ServiceTokenFile, problems),
        ReadTokens("OperatorTokenFile", options.OperatorTokenFile, problems));

    /// <summary>Whose token a request carries.</summary>
    public Standing StandingOf(HttpRequest request)
    {
        var header = request.Headers[HeaderNames.Authorization];
        if (header is not [{ } text] || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return Standing.Unknown;
        var offered = Hash(text[Scheme.Length..].Trim());
        var (known, service) = (IsAmong(_hashes, offered), IsAmong(_services, offered));
        return IsAmong(_operators, offered) ? Standing.Operator
            : service ? Standing.Service
            : known ? Standing.Known
            : Standing.Unknown;
    }

    private static bool IsAmong(byte[][] hashes, byte[] offered)
    {
        var known = false;
        foreach (var hash in hashes) known |= CryptographicOperations.FixedTimeEquals(hash, offered);
        return known;
    }

    private static List<string> ReadTokens(string key, string? file, List<string> problems)
    {
        if (file is null) return [];
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
