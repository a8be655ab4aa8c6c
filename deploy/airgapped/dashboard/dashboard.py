"""A small stand-in for the Aspire dashboard where no image registry is to be had.

Takes traces, metrics and logs by OTLP over HTTP (protobuf) on 18890, keeps the newest in memory, and shows them on
18888: a page at /, the same as JSON at /api/services, /api/spans?trace=<id>, /api/metrics and /api/logs.
"""

import gzip
import html
import json
import struct
import threading
from collections import deque
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

OTLP_PORT, PAGE_PORT = 18890, 18888
BODY_BYTES_MAX = 16 * 1024 * 1024
SPANS_MAX, LOGS_MAX, METRICS_MAX = 20_000, 5_000, 5_000


# ------------------------------------------------------------------------------------------------ protobuf, read only

class Malformed(Exception):
    """The bytes are no protobuf message."""


def varint(data, at):
    """The number that begins at a place, and the place after it."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("a number does not end")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Number and value of each field: an int, eight or four bytes as int, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            if at + size > len(data):
                raise Malformed("a fixed number is cut off")
            value, at = int.from_bytes(data[at:at + size], "little"), at + size
        elif kind == 2:
            size, at = varint(data, at)
            if at + size > len(data):
                raise Malformed("a field is longer than its message")
            value, at = data[at:at + size], at + size
        else:
            raise Malformed(f"wire type {kind} is not known")
        yield key >> 3, value


def all_of(data, number):
    return [value for field, value in fields(data) if field == number]


def first(data, number, default=b""):
    return next((value for field, value in fields(data) if field == number), default)


def text(data, number):
    return first(data, number).decode("utf-8", "replace")


def any_value(data):
    """common.v1.AnyValue."""
    for number, value in fields(data):
        if number == 1:
            return value.decode("utf-8", "replace")
        if number == 2:
            return bool(value)
        if number == 3:
            return value - (1 << 64) if value >> 63 else value
        if number == 4:
            return struct.unpack("<d", value.to_bytes(8, "little"))[0]
        if number == 5:
            return [any_value(item) for item in all_of(value, 1)]
    return None


def attributes(data, number):
    return {text(pair, 1): any_value(first(pair, 2)) for pair in all_of(data, number)}


def when(nanos):
    moment = datetime.fromtimestamp(nanos / 1e9, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ------------------------------------------------------------------------------------------------ what is kept

class Store:
    """The newest of each signal; all of it behind one lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.spans, self.logs, self.metrics = deque(maxlen=SPANS_MAX), deque(maxlen=LOGS_MAX), {}
        self.counts = {}

    def count(self, service, signal, many):
        entry = self.counts.setdefault(service, {"traces": 0, "metrics": 0, "logs": 0})
        entry[signal] += many

    def take(self, signal, body):
        read = {"traces": spans_of, "metrics": metrics_of, "logs": logs_of}[signal]
        # An export request is a list of (resource, list of (scope, list of items)), whatever the signal.
        for by_resource in all_of(body, 1):
            resource = attributes(first(by_resource, 1), 1)
            service = f"{resource.get('service.name')}/{resource.get('service.instance.id')}"
            items = [item for scope in all_of(by_resource, 2) for item in all_of(scope, 2)]
            decoded = [{"service": service, **item} for raw in items for item in [read(raw)]]
            with self.lock:
                self.keep(signal, service, decoded)

    def keep(self, signal, service, decoded):
        self.count(service, signal, len(decoded))
        if signal == "traces":
            self.spans.extend(decoded)
        elif signal == "logs":
            self.logs.extend(decoded)
        else:
            for metric in decoded:
                if len(self.metrics) < METRICS_MAX or (service, metric["name"]) in self.metrics:
                    self.metrics[service, metric["name"]] = metric

    def view(self, name, trace):
        with self.lock:
            if name == "services":
                return [{"service": service, **counts} for service, counts in sorted(self.counts.items())]
            if name == "spans":
                return [span for span in self.spans if trace in ("", span["trace"])]
            if name == "metrics":
                return [metric for _, metric in sorted(self.metrics.items())]
            return [log for log in self.logs if trace in ("", log["trace"])]


def spans_of(data):
    start, end = first(data, 7, 0), first(data, 8, 0)
    return {
        "trace": first(data, 1).hex(), "span": first(data, 2).hex(), "parent": first(data, 4).hex(),
        "name": text(data, 5), "start": when(start), "milliseconds": round((end - start) / 1e6, 3),
        "error": first(first(data, 15), 3, 0) == 2, "attributes": attributes(data, 9),
    }


def metrics_of(data):
    kinds = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponential histogram", 11: "summary"}
    kind, points = next(
        ((kinds[number], len(all_of(value, 1))) for number, value in fields(data) if number in kinds), ("none", 0))
    return {"name": text(data, 1), "kind": kind, "unit": text(data, 3), "points": points}


def logs_of(data):
    return {
        "time": when(first(data, 1, 0) or first(data, 11, 0)), "severity": text(data, 3),
        "text": any_value(first(data, 5)), "trace": first(data, 9).hex(),
    }


STORE = Store()


# ------------------------------------------------------------------------------------------------ the two ports

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """A line for every export would say nothing."""

    def answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Otlp(Handler):
    def do_POST(self):
        signal = self.path.rsplit("/", 1)[-1]
        length = int(self.headers.get("Content-Length") or 0)
        if signal not in ("traces", "metrics", "logs") or not 0 <= length <= BODY_BYTES_MAX:
            self.close_connection = True
            return self.answer(400, b"wanted: /v1/traces, /v1/metrics or /v1/logs, with a length", "text/plain")
        body = self.rfile.read(length)
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            STORE.take(signal, body)
        except (Malformed, OSError, AttributeError, TypeError) as wrong:
            return self.answer(400, f"not OTLP: {wrong}".encode(), "text/plain")
        return self.answer(200, b"", "application/x-protobuf")


class Page(Handler):
    def do_GET(self):
        url = urlsplit(self.path)
        trace = parse_qs(url.query).get("trace", [""])[0]
        if url.path.startswith("/api/"):
            name = url.path[len("/api/"):]
            if name not in ("services", "spans", "metrics", "logs"):
                return self.answer(404, b"[]", "application/json")
            return self.answer(200, json.dumps(STORE.view(name, trace)).encode(), "application/json")
        if url.path != "/":
            return self.answer(404, b"not here", "text/plain")
        return self.answer(200, page(trace).encode(), "text/html; charset=utf-8")


def table(title, rows, columns):
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join("<tr>" + "".join(cell(column, row.get(column)) for column in columns) + "</tr>" for row in rows)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{body}</table>"


def cell(column, value):
    shown = html.escape(str("" if value is None else value))
    return f'<td><a href="/?trace={shown}">{shown[:8]}</a></td>' if column == "trace" else f"<td>{shown}</td>"


def page(trace):
    spans = STORE.view("spans", trace)
    shown = sorted(spans, key=lambda span: span["start"]) if trace else spans[-200:][::-1]
    parts = [
        "<!doctype html><title>Holdfast telemetry</title><style>body{font:14px sans-serif;margin:2em}"
        "td,th{text-align:left;padding:2px 12px 2px 0;vertical-align:top}</style><h1>Telemetry</h1>"
        "<p>A stand-in for the Aspire dashboard, for machines without an image registry. <a href='/'>all</a></p>",
    ]
    if not trace:
        parts.append(table("Services", STORE.view("services", ""), ("service", "traces", "metrics", "logs")))
    parts.append(table(f"Trace {html.escape(trace)}" if trace else "Newest spans", shown,
                       ("start", "service", "name", "milliseconds", "error", "trace")))
    parts.append(table("Logs", STORE.view("logs", trace)[-200:][::-1],
                       ("time", "service", "severity", "text", "trace")))
    if not trace:
        parts.append(table("Metrics", STORE.view("metrics", ""), ("service", "name", "kind", "unit", "points")))
    return "".join(parts)


def serve(port, handler):
    ThreadingHTTPServer(("0.0.0.0", port), handler).serve_forever()


if __name__ == "__main__":
    threading.Thread(target=serve, args=(PAGE_PORT, Page), daemon=True).start()
    serve(OTLP_PORT, Otlp)
