namespace Holdfast.Hosting;

/// <summary>
/// Who may change something over HTTP; reading is open inside the network of the services, except what is for operators
/// only (<see cref="OperatorOnlyExtensions.RequireOperator"/>).
/// </summary>
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
    /// A file like <see cref="TokenFile"/> with the tokens of Holdfast's own services, which may change what those of
    /// <see cref="TokenFile"/> may. What is for services (<see cref="ServiceOnlyExtensions.RequireService"/>) takes no
    /// other but operators', nor a certificate of <see cref="ClientAuthorityFile"/>. Legal only beside
    /// <see cref="TokenFile"/> or <see cref="ClientAuthorityFile"/>. Default: none; everybody known is a service.
    /// </summary>
    public string? ServiceTokenFile { get; init; }

    /// <summary>
    /// A file like <see cref="TokenFile"/> with the operators' tokens, which may change everything; what is for
    /// operators only (<see cref="OperatorOnlyExtensions.RequireOperator"/>) takes no other. Legal only beside
    /// <see cref="TokenFile"/> or <see cref="ClientAuthorityFile"/>. Default: none; without
    /// <see cref="OperatorAuthorityFile"/> too, everybody known is an operator.
    /// </summary>
    public string? OperatorTokenFile { get; init; }

    /// <summary>
    /// An authority in PEM: on addresses with https, who shows a certificate that it signed, for clients, may do what a
    /// token of <see cref="TokenFile"/> allows. Beside such tokens or instead of them; read again when it changes. A
    /// certificate of nobody known ends the connection. Default: none, and no certificate is asked for.
    /// </summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>
    /// The same for operators, as <see cref="OperatorTokenFile"/> is for tokens: another authority than that of
    /// <see cref="ClientAuthorityFile"/>. Default: none.
    /// </summary>
    public string? OperatorAuthorityFile { get; init; }

    /// <summary>
    /// True lets anybody who reaches the port change anything. This, <see cref="TokenFile"/> or
    /// <see cref="ClientAuthorityFile"/> must be set, whatever address is listened on: others on the same machine reach
    /// loopback too. Default: false.
    /// </summary>
    public bool AllowAnonymous { get; init; }
}
