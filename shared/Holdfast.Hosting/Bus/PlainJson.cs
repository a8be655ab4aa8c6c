using System.Net.Mime;
using MassTransit;

namespace Holdfast.Hosting;

/// <summary>
/// A body that is the message and nothing else, as <c>application/json</c>, so that a program in any language reads
/// it; what MassTransit needs of its envelope travels in headers.
/// </summary>
internal sealed class PlainJson(byte[] body) : IMessageSerializer
{
    private static readonly ContentType Json = new(MediaTypeNames.Application.Json);

    public ContentType ContentType => Json;

    public MessageBody GetMessageBody<T>(SendContext<T> context)
        where T : class => new BytesMessageBody(body);
}
