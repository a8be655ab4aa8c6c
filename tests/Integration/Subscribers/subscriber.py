import json, sys, pika

url, queue, exchanges = sys.argv[1], sys.argv[2], sys.argv[3:]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.queue_declare(queue, durable=True)
for exchange in exchanges:
    channel.queue_bind(queue, exchange)
print("listening", file=sys.stderr, flush=True)
for method, properties, body in channel.consume(queue):
    print(json.dumps([method.exchange, properties.headers, json.loads(body)]), flush=True)
    channel.basic_ack(method.delivery_tag)
