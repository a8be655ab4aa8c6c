"""Tries things on the bus and prints for each what the broker said: url, then `verb:name` for each attempt."""
import json, sys, uuid, pika

url, attempts = sys.argv[1], sys.argv[2:]


def publish(channel, exchange):
    channel.confirm_delivery()
    channel.basic_publish(exchange, "", b"{}")


def inject(channel, queue):
    """Past the exchange of the queue: by the one without a name, which knows every queue."""
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"{}")


def overhear(channel, exchange):
    """Binds a queue that the user may have to an exchange, and takes it away again."""
    user = url.split("/")[2].split(":")[0]
    queue = ("" if user == "users" else "holdfast.%s." % user) + "ear-%s" % uuid.uuid4()
    channel.queue_declare(queue, exclusive=True)
    channel.queue_bind(queue, exchange)
    channel.queue_delete(queue)


VERBS = {
    "publish": publish,
    "inject": inject,
    "overhear": overhear,
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
    print(json.dumps(["connect", str(refused)]), flush=True)
    sys.exit()
print(json.dumps(["connect", "allowed"]), flush=True)
for attempt in attempts:
    verb, name = attempt.split(":")
    channel = connection.channel()
    try:
        VERBS[verb](channel, name)
        outcome = "allowed"
    except pika.exceptions.ChannelClosedByBroker as refused:
        outcome = "%d %s" % (refused.reply_code, refused.reply_text)
    print(json.dumps([attempt, outcome]), flush=True)
