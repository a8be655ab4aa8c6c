using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;
using Google.Protobuf;

namespace Holdfast.Consensus.Service.Raft;

/// <summary>A connection is closed for this; its message goes to the log and is counted.</summary>
internal sealed class FrameException(string reason, string detail) : Exception(detail)
{
    /// <summary>A word for the metric.</summary>
    public string Reason { get; } = reason;
}

/// <summary>Frames on one connection: four bytes of length, little-endian, then that many bytes of Protobuf.</summary>
internal sealed class FrameStream : IAsyncDisposable
{
    private const int LengthBytes = sizeof(int);

    private readonly Stream _stream;
    private readonly IDisposable _connection;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;

    /// <summary>Frames in clear.</summary>
    public FrameStream(Socket socket, int frameBytesMax)
        : this(new NetworkStream(socket, ownsSocket: true), socket, frameBytesMax)
    {
    }

    /// <param name="stream">Where the frames are; disposed with this.</param>
    /// <param name="connection">What ends a read and a write of it that are going on.</param>
    /// <param name="frameBytesMax">The first <see cref="FrameBytesMax"/>.</param>
    public FrameStream(Stream stream, IDisposable connection, int frameBytesMax)
    {
        (_stream, _connection) = (stream, connection);
        _reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        _writer = PipeWriter.Create(_stream, new StreamPipeWriterOptions(minimumBufferSize: 64 * 1024));
        FrameBytesMax = frameBytesMax;
    }

    /// <summary>
    /// A longer frame ends the connection. Who has not proved who it is has less than who has; changed between two
    /// reads.
    /// </summary>
    public int FrameBytesMax { get; set; }

    /// <summary>Puts a frame into the buffer; <see cref="FlushAsync"/> sends all of them at once.</summary>
    /// <returns>The bytes that wait to be flushed.</returns>
    public long Write(Wire.Frame frame)
    {
        var length = frame.CalculateSize();
        var header = _writer.GetSpan(LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        _writer.Advance(LengthBytes);
        frame.WriteTo(_writer);
        return _writer.UnflushedBytes;
    }

    public async Task FlushAsync(CancellationToken cancellationToken) =>
        await _writer.FlushAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The next frame; null when the other side closed between frames.</summary>
    /// <exception cref="FrameException">What came is no frame.</exception>
    public async Task<Wire.Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (TryTakeFrame(ref buffer, out var frame))
            {
                _reader.AdvanceTo(buffer.Start);
                return frame;
            }

            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted) continue;
            return buffer.IsEmpty ? null : throw new FrameException("cut", "The connection ended within a frame.");
        }
    }

    /// <summary>Ends the connection from another thread; whoever reads or writes notices.</summary>
    public void Abort() => _connection.Dispose();

    public async ValueTask DisposeAsync()
    {
        // With an error, so that what is buffered is dropped instead of sent.
        await _writer.CompleteAsync(new OperationCanceledException()).ConfigureAwait(false);
        await _reader.CompleteAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, out Wire.Frame? frame)
    {
        frame = null;
        if (buffer.Length < LengthBytes) return false;
        Span<byte> header = stackalloc byte[LengthBytes];
        buffer.Slice(0, LengthBytes).CopyTo(header);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < 0 || length > FrameBytesMax)
            throw new FrameException("length", $"A frame of {length} bytes; at most {FrameBytesMax} are allowed.");
        if (buffer.Length < LengthBytes + length) return false;
        try
        {
            frame = Wire.Frame.Parser.ParseFrom(buffer.Slice(LengthBytes, length));
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new FrameException("malformed", malformed.Message);
        }

        buffer = buffer.Slice(LengthBytes + length);
        return true;
    }
}
