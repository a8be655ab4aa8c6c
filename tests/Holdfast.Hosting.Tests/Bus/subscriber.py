import json, pika, sys
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()
channel.exchange_declare("holdfast.peer-up", "fanout", durable=True)
queue = channel.queue_declare("", exclusive=True).method.queue
channel.queue_bind(queue, "holdfast.peer-up")
print("subscribed", flush=True)
for method, properties, body in channel.consume(queue, auto_ack=True):
    event = json.loads(body)
    print(properties.content_type, properties.message_id, properties.headers["traceparent"], event, flush=True)
