"""Sends a command as a program in any language would, and prints the answer: url, command, body as JSON."""
import json, sys, uuid, pika

url, command, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
replies = channel.consume("amq.rabbitmq.reply-to", auto_ack=True, inactivity_timeout=30)
next(channel.consume("amq.rabbitmq.reply-to", auto_ack=True, inactivity_timeout=0.1), None)
channel.confirm_delivery()
channel.basic_publish(
    "holdfast.cmd." + command, "", json.dumps({"commandId": str(uuid.uuid4()), **body}),
    pika.BasicProperties(content_type="application/json", reply_to="amq.rabbitmq.reply-to", correlation_id="1"))
method, properties, answer = next(replies)
if method is None:
    sys.exit("no answer within 30 s")
print(json.dumps([properties.type, json.loads(answer)]), flush=True)
