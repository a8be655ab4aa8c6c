namespace Holdfast.Hosting;

/// <summary>Who may change something over HTTP; reading is open inside the network of the services.</summary>
public sealed record AuthOptions
{
    public const string Section = "Auth";

    /// <summary>
    /// A file with bearer tokens, one a line, 16 to 4,096 printable ASCII characters each. Every line is accepted, so
    /// that a token can be replaced host by host; clients send the first. Default: none, see
    /// <see cref="AllowAnonymous"/>.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// A file like <see cref="TokenFile"/> with the operators' tokens, which may change everything; what is for
    /// operators only (<see cref="OperatorOnlyExtensions.RequireOperator"/>) takes no other. Legal only beside
    /// <see cref="TokenFile"/>. Default: none, and every token of <see cref="TokenFile"/> is an operator's.
    /// </summary>
    public string? OperatorTokenFile { get; init; }

    /// <summary>
    /// True lets anybody who reaches the port change anything. Exactly one of this and <see cref="TokenFile"/> must
    /// be set, whatever address is listened on: others on the same machine reach loopback too. Default: false.
    /// </summary>
    public bool AllowAnonymous { get; init; }
}
