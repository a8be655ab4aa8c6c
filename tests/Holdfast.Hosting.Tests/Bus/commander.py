import pika, sys
channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()
queue = channel.queue_declare("", exclusive=True).method.queue
properties = pika.BasicProperties(reply_to=queue, correlation_id="mine", content_type="application/json")
channel.basic_publish("holdfast.cmd.cordon-node", "", sys.argv[2].encode(), properties)
for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=20):
    print(properties.type, properties.correlation_id, body.decode() if body else None, flush=True)
    break
