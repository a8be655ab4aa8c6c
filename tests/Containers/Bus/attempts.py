"""Tries things on the bus and prints for each whether the broker let it: url, then `verb:name` for each attempt."""
import json, sys, pika

url, attempts = sys.argv[1], sys.argv[2:]


def publish(channel, exchange):
    channel.confirm_delivery()
    channel.basic_publish(exchange, "", b"{}")


VERBS = {
    "publish": publish,
    "consume": lambda channel, queue: channel.basic_get(queue),
    "purge": lambda channel, queue: channel.queue_purge(queue),
    "delete-queue": lambda channel, queue: channel.queue_delete(queue),
    "delete-exchange": lambda channel, exchange: channel.exchange_delete(exchange),
    "declare-queue": lambda channel, queue: channel.queue_declare(queue, durable=True),
    "declare-exchange": lambda channel, exchange: channel.exchange_declare(exchange, "fanout", durable=True),
}

try:
    connection = pika.BlockingConnection(pika.URLParameters(url))
except pika.exceptions.AMQPConnectionError as refused:
    print(json.dumps(["connect", type(refused).__name__]), flush=True)
    sys.exit()
print(json.dumps(["connect", "allowed"]), flush=True)
for attempt in attempts:
    verb, name = attempt.split(":")
    channel = connection.channel()
    try:
        VERBS[verb](channel, name)
        outcome = "allowed"
    except pika.exceptions.ChannelClosedByBroker as refused:
        outcome = str(refused.reply_code)
    print(json.dumps([attempt, outcome]), flush=True)
