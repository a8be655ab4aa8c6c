using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Reflection;

namespace Holdfast.Hosting;

/// <summary>Reads, shows and describes the single values that a setting can have.</summary>
internal static class SettingText
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static bool CanRead(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(bool) || type == typeof(TimeSpan) || type == typeof(Uri) ||
            type == typeof(IPEndPoint) || type.IsEnum || IsNumber(type) || FromText(type) is not null;
    }

    public static bool TryRead(Type type, string text, [NotNullWhen(true)] out object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        text = text.Trim();
        value = type switch
        {
            _ when type == typeof(string) => text,
            _ when type == typeof(bool) => bool.TryParse(text, out var flag) ? flag : null,
            _ when type == typeof(TimeSpan) => ReadDuration(text),
            _ when type == typeof(Uri) => ReadUri(text),
            _ when type == typeof(IPEndPoint) => ReadEndPoint(text),
            { IsEnum: true } => ReadEnum(type, text),
            _ when IsNumber(type) => ReadNumber(type, text),
            _ => ReadByConstructor(type, text),
        };
        return value is not null;
    }

    public static string Show(object value) => value switch
    {
        TimeSpan span when span.Ticks % TimeSpan.TicksPerSecond != 0 => span.ToString("c", Culture).TrimEnd('0'),
        IFormattable formattable => formattable.ToString(null, Culture),
        _ => value.ToString() ?? "",
    };

    public static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "text";
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(TimeSpan)) return "a duration such as 00:00:01.5";
        if (type == typeof(Uri)) return "an http or https URL";
        if (type == typeof(IPEndPoint)) return "an address and port such as 127.0.0.1:7946";
        if (type == typeof(double) || type == typeof(decimal)) return "a number";
        if (IsNumber(type)) return "a whole number";
        if (type.IsEnum) return $"one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}";
        return FromText(type) is { } made ? RuleOf(type, made) : $"a section with the keys of {type.Name}";
    }

    public static string DescribeRange(ValidationAttribute attribute, string name) => attribute switch
    {
        RangeAttribute range =>
            $"{(range.MinimumIsExclusive ? "above" : "from")} {Show(Limit(range, range.Minimum))} " +
            $"to {(range.MaximumIsExclusive ? "below " : "")}{Show(Limit(range, range.Maximum))}",
        LengthAttribute length => $"{length.MinimumLength} to {length.MaximumLength} long",
        MinLengthAttribute least => $"at least {least.Length} long",
        MaxLengthAttribute most => $"at most {most.Length} long",
        AllowedValuesAttribute allowed => $"one of {string.Join(", ", allowed.Values)}",
        RegularExpressionAttribute expression => $"matching {expression.Pattern}",
        _ => attribute.FormatErrorMessage(name),
    };

    private static object Limit(RangeAttribute range, object limit) =>
        limit is string text && TryRead(range.OperandType, text, out var value) ? value : limit;

    private static bool IsNumber(Type type) => !type.IsEnum && Type.GetTypeCode(type) is
        TypeCode.Byte or TypeCode.UInt16 or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64 or TypeCode.UInt64 or
        TypeCode.Double or TypeCode.Decimal;

    // A bare number would be read as days; nobody means that.
    private static TimeSpan? ReadDuration(string text) =>
        text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, Culture, out var span) ? span : null;

    private static Uri? ReadUri(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    private static IPEndPoint? ReadEndPoint(string text) =>
        text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endPoint) ? endPoint : null;

    private static object? ReadEnum(Type type, string text) =>
        !char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+') &&
        Enum.TryParse(type, text, ignoreCase: true, out var value) && Enum.IsDefined(type, value)
            ? value
            : null;

    private static object? ReadNumber(Type type, string text)
    {
        try
        {
            return Convert.ChangeType(text, type, Culture);
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException)
        {
            return null;
        }
    }

    // The primitives: made from text, refusing what breaks their rule with a FormatException.
    private static ConstructorInfo? FromText(Type type) =>
        type.IsValueType ? type.GetConstructor([typeof(string)]) : null;

    // The rule is written once, in what the primitive says when it refuses: "'' is not a node id: RULE are wanted."
    private static string RuleOf(Type type, ConstructorInfo constructor)
    {
        try
        {
            constructor.Invoke([""]);
            return type.Name;
        }
        catch (TargetInvocationException refusal) when (refusal.InnerException is FormatException rule)
        {
            var message = rule.Message;
            var start = message.IndexOf(": ", StringComparison.Ordinal) + 2;
            var end = message.IndexOf(" are wanted", StringComparison.Ordinal);
            return start >= 2 && end > start ? message[start..end] : type.Name;
        }
    }

    private static object? ReadByConstructor(Type type, string text)
    {
        try
        {
            return FromText(type)?.Invoke([text]);
        }
        catch (TargetInvocationException wrong) when (wrong.InnerException is FormatException)
        {
            return null;
        }
    }
}
