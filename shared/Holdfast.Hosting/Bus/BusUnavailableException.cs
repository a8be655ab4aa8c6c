namespace Holdfast.Hosting;

/// <summary>
/// The bus did not confirm within the deadline, refused, or has nobody who would answer; the message says which. After
/// a deadline the message may or may not be on the bus; sending it again is harmless, since it carries its own
/// identity.
/// </summary>
public sealed class BusUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
