"""A mail server of other people's making: smtp.py

Listens on a free port of this machine and prints it on a line. Every mail that it takes over becomes a line of JSON, as
Python's own reader of mails understands it. It ends with its standard input.
"""

import email.policy
import json
import socket
import sys

from aiosmtpd.controller import Controller


class Printed:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        shown = {
            "envelope_from": envelope.mail_from,
            "envelope_to": envelope.rcpt_tos,
            "message_id": mail["Message-ID"],
            "from": mail["From"].addresses[0].addr_spec,
            "to": mail["To"].addresses[0].addr_spec,
            "subject": mail["Subject"],
            "date": mail["Date"].datetime.isoformat(),
            "text": mail.get_body().get_content(),
            "defects": [str(defect) for part in mail.walk() for defect in part.defects],
        }
        print(json.dumps(shown), flush=True)
        return "250 taken over"


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Printed(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
