"""Sends a command as a program in any language would, and prints the answer: url, command, body as JSON."""
import json, sys, uuid, pika

url, command, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
user = pika.URLParameters(url).credentials.username
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
answers = "holdfast.answers.%s.%s" % (user, uuid.uuid4())
channel.exchange_declare(answers, "fanout", auto_delete=True)
channel.queue_declare(answers, exclusive=True)
channel.queue_bind(answers, answers)
channel.confirm_delivery()
channel.basic_publish(
    "holdfast.cmd." + command, "", json.dumps({"commandId": str(uuid.uuid4()), **body}),
    pika.BasicProperties(content_type="application/json", reply_to=answers, correlation_id="1"))
for method, properties, answer in channel.consume(answers, auto_ack=True, inactivity_timeout=30):
    if method is None:
        sys.exit("no answer within 30 s")
    print(json.dumps([properties.type, json.loads(answer)]), flush=True)
    break
