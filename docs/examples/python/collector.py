"""A collector (収納機関) that a payment hub can use: python collector.py collector.toml

Read it beside docs/protocol/README.md, whose words it uses. The declaration of the conformance kit configures it, and
its test numbers become the bills; yours come from your own system. Needs Python 3.11 and `cryptography` for Ed25519."""
import base64, hashlib, html, http.server, os, re, sqlite3, ssl, sys, threading, time, tomllib, traceback, urllib.parse
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
CONTENT_TYPE, LARGEST, JAPAN = "application/xml; charset=utf-8", 256 * 1024, timezone(timedelta(hours=9))
def today():
    return str(datetime.now(JAPAN).date())  # days are kept as text: 2026-11-24 sorts as it should

# ---- Messages. Every value has one form and every element one place: the schema becomes a regular expression for each
# request, in which \x01name\x02 is a start tag and \x03 an end tag. No XML text can contain these characters.
XS, XSD = "{http://www.w3.org/2001/XMLSchema}", Path(__file__).resolve().parents[2] / "protocol/mpn-v1.xsd"
SCHEMA = {node.get("name"): node for node in ElementTree.parse(XSD).getroot()}

def expression(kind, named):
    """The regular expression of a type of the schema; named: with a group for each of its elements."""
    if kind == "xs:base64Binary":
        return "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
    if SCHEMA[kind].tag == XS + "simpleType":
        facets = [(facet.tag.removeprefix(XS), facet.get("value")) for facet in SCHEMA[kind][0]]
        return "".join(rf"(?=[^\x03]{{{v}}}\x03)" for tag, v in facets if tag == "length") + "|".join(
            v for tag, v in facets if tag in ("pattern", "enumeration"))
    parts = ""
    for part in SCHEMA[kind][0]:
        name, inner = part.get("name"), expression(part.get("ref") or part.get("type"), named and part.get("ref"))
        group = rf"(?:\x01{name}\x02({f'?P<{name}>' if named else '?:'}{inner})\x03)" if name else inner
        parts += group + ("?" if part.get("minOccurs") == "0" else "")
    return parts
KINDS = {e.get("name"): e.get("type") for e in SCHEMA["Message"].iter(XS + "element")}
ANSWERS = {name: name + "Answer" for name in KINDS if name + "Answer" in KINDS} | {"Open": "ServiceAnswer",
    "PreClose": "ServiceAnswer", "Close": "CounterAnswer", "ResendConfirmation": "ClearingAnswer"}
HEADER = re.compile(rf"\x01Message\x02\x01Header\x02{expression('Header', True)}\x03")
BODIES = {name: re.compile(rf"\x01{name}\x02{expression(KINDS[name], True)}\x03\x03") for name in ANSWERS}

def flat(element):
    """The element for the regular expressions. White space between elements says nothing."""
    text, inner = element.text or "", "".join(flat(child) + (child.tail or "").strip() for child in element)
    tag = "attributes" if element.attrib else element.tag.removeprefix("{urn:mpn:v1}")
    return f"\x01{tag}\x02{text.strip() if inner else text}{inner}\x03"
def values(match):
    """The elements' values; None where there is no match, or a day or time is none."""
    try:
        found = {name: text for name, text in match.groupdict().items() if text is not None}
        [datetime.fromisoformat(text) for name, text in found.items() if re.search("Date$|By$|SentAt", name)]
        return found
    except (AttributeError, ValueError):
        return None
def read(content):
    """Header, name of the request, and its values: None where they are malformed, or it is none."""
    forbidden = re.search(rb"<[!?](?!xml )", content)  # DOCTYPE and processing instructions: no parser sees them
    document = "" if forbidden else flat(ElementTree.fromstring(content, ElementTree.XMLParser(encoding="utf-8")))
    if not (header := values(head := HEADER.match(document))):
        raise ValueError("not even the header can be read")
    header["key"] = header["Sender"], header["ProcessingDate"], header["Serial"]
    name = re.compile(r"(?:\x01(\w+)\x02)?").match(document, head.end())[1]
    return header, name, values(BODIES[name].fullmatch(document, head.end())) if name in BODIES else None

def xml(elements):
    return "".join(f"<{k}>{xml(v) if isinstance(v, list) else html.escape(str(v), False)}</{k}>" for k, v in elements)
def write(header, name, answer):  # a code alone is an answer too
    body = xml([(ANSWERS.get(name, "ClearingAnswer"), [("Code", answer)] if isinstance(answer, str) else answer)])
    return (f'<?xml version="1.0" encoding="UTF-8"?><Message xmlns="urn:mpn:v1"><Header><Version>1</Version>'
            f'<Sender>{header["Receiver"]}</Sender><Receiver>{header["Sender"]}</Receiver>'
            f'<ProcessingDate>{header["ProcessingDate"]}</ProcessingDate><Serial>{header["Serial"]}</Serial>'
            f'<SentAt>{datetime.now(JAPAN).isoformat(timespec="seconds")}</SentAt></Header>{body}</Message>').encode()

# ---- The collector: what it has on record, and how it decides. The method of a request has the request's name.
TABLES = """PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS bills (customer, confirmation, category, bill, amount, fee, late, clear_by, outcome, paid_by,
    PRIMARY KEY (customer, bill));
CREATE TABLE IF NOT EXISTS records (sender, day, serial, name, code, provisional, customer, bill, amount, channel,
    message, answer, cancelled, PRIMARY KEY (sender, day, serial));
CREATE TABLE IF NOT EXISTS days (sender, day, state, PRIMARY KEY (sender, day));
CREATE TABLE IF NOT EXISTS advices (sender, settlement, content, PRIMARY KEY (sender, settlement));"""
ORDER = ["open", "pre-closed", "closed"]
FIXED = {"already_paid": "B201", "stopped": "B205", "unavailable": "A101", "not_yet": "B204"}

class Collector:
    def __init__(self, settings, file):
        self.number, self.kind, self.bank = settings["collector"], settings["kind"], settings["bank"]
        self.hub, self.channels = settings.get("hub_centre", "MPN9999"), settings["channels"]
        self.lock, self.db = threading.Lock(), sqlite3.connect(file, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLES)
        with self.db:
            for numbers in settings["numbers"] if not self.db.execute("SELECT * FROM bills").fetchone() else ():
                self.make_bills(**numbers)
    def make_bills(self, outcome, customer_number, confirmation_number, payment_category=None, amount=10000):
        before, first, last = re.fullmatch(r"(\d*)(?:\{(\d+)-(\d+)\})?", customer_number).groups()
        clear_by = date.fromisoformat(today()) + timedelta(days=-1 if outcome == "expired" else 60)
        for n in range(int(first or 0), int(last or 0) + 1) if outcome != "unknown" else ():
            for bill in ("B-1", "B-2", "B-3") if outcome == "several_bills" else ("B-1",):
                self.insert("bills", before + (f"{n:0{len(first)}}" if first else ""), confirmation_number,
                            payment_category, bill, None if outcome == "typed_amount" else amount,
                            110 * (outcome == "fee"), 500 * (outcome == "late_charge"), str(clear_by), outcome, None)
    def insert(self, table, *row):
        self.db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    def find(self, table, **key):
        where = " AND ".join(f"{column} = :{column}" for column in key)
        return self.db.execute(f"SELECT * FROM {table} WHERE {where}", key).fetchone()
    def answer(self, content):
        header, name, body = read(content)
        with self.lock, self.db:  # one transaction, committed before the answer leaves; copies wait for each other
            if name == "ResendConfirmation" and body:
                return self.resend(header, body)
            if name in ("Clearing", "Cancellation") and body:
                return self.once(header, name, body, content, False)
            ours = body and self.for_us(header, body)
            return write(header, name, getattr(self, name)(header, body) if ours else "9003")
    def for_us(self, header, body):
        return (header["Sender"], header["Receiver"], body.get("Collector", f"{self.number}000")) == (
            self.hub, f"C{self.number}", f"{self.number}000")
    def state(self, sender, day):
        told = self.find("days", sender=sender, day=day)  # else the hours count: ours are round the clock
        return told["state"] if told else "open" if day <= today() else "outside"
    def look_up(self, header, body):
        """A code, and with 0000 the bills that can be paid under these numbers."""
        bills = self.db.execute("SELECT * FROM bills WHERE customer = ?", (body["CustomerNumber"],)).fetchall()
        unpaid = [b for b in bills if not b["paid_by"]]
        code = ("A002" if body["Bank"] != self.bank else "A010" if body["Channel"] not in self.channels else
                "A003" if not bills else
                "A004" if bills[0]["confirmation"] != body["ConfirmationNumber"] else
                "A013" if bills[0]["category"] != body.get("PaymentCategory") else
                FIXED[bills[0]["outcome"]] if bills[0]["outcome"] in FIXED else "B201" if not unpaid else
                "B202" if bills[0]["clear_by"] < header["ProcessingDate"] else "0000")
        return code, unpaid if code == "0000" else []
    def Inquiry(self, header, body):
        if self.state(header["Sender"], header["ProcessingDate"]) != "open":
            return "A001"
        code, bills = self.look_up(header, body)
        if any((b["amount"] is None) != ("Amount" in body) for b in bills):
            return "9003"  # the payer types an amount where we have none, and nowhere else
        return [("Code", code)] + [("Bill", [
            ("BillId", b["bill"]), ("Payer", "見本商事"), ("Contents", "見本料金"),
            ("Amount", b["amount"] or body["Amount"]), ("Fee", b["fee"]), ("LateCharge", b["late"]),
            ("ClearBy", b["clear_by"])]) for b in bills]
    def resend(self, header, body):
        try:
            content = base64.b64decode(body["Original"], validate=True)  # the bytes that are recorded
            original, name, body = read(content)
        except (ValueError, ElementTree.ParseError):
            return write(header, None, "9003")
        if name in ("Clearing", "Cancellation") and body and original["key"] == header["key"]:
            return self.once(original, name, body, content, True)
        return write(header, name if name == "Cancellation" else None, "9003")
    def once(self, header, name, body, content, resent):
        sender, day, serial = header["key"]
        if record := self.find("records", sender=sender, day=day, serial=serial):  # before all else
            return record["answer"] if record["message"] == content else write(header, name, "B901")
        if not self.for_us(header, body):
            return write(header, name, "9003")
        carried = resent and self.state(sender, day) == "closed"  # over the close, it can still be settled
        state = self.state(sender, today() if carried else day)
        if state == "outside" or state == "closed" and name == "Clearing":
            return write(header, name, "A001")  # nothing is recorded: the hub comes again
        code, provisional = self.clear(header, body) if name == "Clearing" else (self.cancel(header, body), None)
        answer = write(header, name, [("Code", code)] + [("ProvisionalCode", provisional)] * bool(provisional) + [
            ("Reference", f"{self.number}-{day.replace('-', '')}-{serial}")] * (code == "0000"))
        self.insert("records", sender, day, serial, name, code, provisional, body["CustomerNumber"], body["BillId"],
                    int(body["Amount"]), body["Channel"], content, answer, 0)
        return answer
    def clear(self, header, body):
        customer, last, code = body["CustomerNumber"], body.get("ClearBy", "9"), self.look_up(header, body)[0]
        bill = self.find("bills", customer=customer, bill=body["BillId"])
        fits = bill and bill["amount"] in (None, int(body["Amount"])) and bill["fee"] == int(body["Fee"])
        code = (code if code != "0000" else "A101" if not bill or bill["outcome"] in ("provisional", "refused") else
                "B201" if bill["paid_by"] else "B202" if last < today() else "0000" if fits else "B203")
        if code != "0000":  # the payer has paid already: only a national collector may refuse
            return (code, None) if self.kind == "national" else ("0000", code)
        self.db.execute("UPDATE bills SET paid_by = ? WHERE (customer, bill) = (?, ?)", (
            "/".join(header["key"]), customer, body["BillId"]))
        return code, None
    def cancel(self, header, body):
        key = sender, day, serial = header["Sender"], body["ClearingDate"], body["ClearingSerial"]
        cleared = self.find("records", sender=sender, day=day, serial=serial, name="Clearing")
        same = cleared and (cleared["customer"], cleared["bill"], cleared["amount"]) == (
            body["CustomerNumber"], body["BillId"], int(body["Amount"]))
        code = ("A002" if body["Bank"] != self.bank else
                "A301" if body["Channel"] != "counter" or cleared and cleared["channel"] != "counter" else
                "A101" if not same or cleared["code"] != "0000" else "B201" if cleared["cancelled"] else
                "B202" if self.state(sender, day) == "closed" or day != header["ProcessingDate"] or day < today() else
                "0000")
        if code == "0000":
            self.db.execute("UPDATE records SET cancelled = 1 WHERE sender = ? AND day = ? AND serial = ?", key)
            self.db.execute("UPDATE bills SET paid_by = NULL WHERE paid_by = ?", ("/".join(key),))
        return code
    def refusal(self, body, day):
        return ("9003" if body["ServiceKind"] != self.kind else "A002" if body["Bank"] != self.bank else
                "A601" if day > today() else None)
    def Open(self, header, body, state="open"):
        day = body.get("CountedDate", header["ProcessingDate"])
        told = self.find("days", sender=header["Sender"], day=day)
        forward = not told or ORDER.index(state) > ORDER.index(told["state"])  # the only way that a day goes
        refusal = self.refusal(body, day)
        if forward and not refusal:
            self.db.execute("INSERT OR REPLACE INTO days VALUES (?, ?, ?)", (header["Sender"], day, state))
        return refusal or ("A001" if state == "open" and told and told["state"] != "open" else "0000")
    def PreClose(self, header, body):
        return self.Open(header, body, "pre-closed")
    def Close(self, header, body):  # your system would compare the hub's Counters with its own here
        self.Open(header, body, "closed")
        return self.Counter(header, body)
    def Counter(self, header, body):
        def tally(which):
            return list(zip(("Count", "Amount"), self.db.execute(
                f"SELECT count(*), coalesce(sum(amount), 0) FROM records WHERE {which} AND sender = ? AND day = ? "
                "AND code = '0000'", (header["Sender"], body["CountedDate"])).fetchone()))
        return self.refusal(body, body["CountedDate"]) or [("Code", "0000"), ("Counters", [
            ("Cleared", tally("name = 'Clearing' AND provisional IS NULL")),  # those cancelled since are still counted
            ("Provisional", tally("name = 'Clearing' AND provisional IS NOT NULL")),
            ("Cancelled", tally("name = 'Cancellation'"))])]
    def Lines(self, header, body):
        lines = [("Line", list(zip(("Serial", "Status", "Amount"), row))) for row in self.db.execute("""SELECT serial,
            CASE WHEN code <> '0000' THEN 'refused' WHEN cancelled THEN 'cancelled' WHEN provisional IS NULL THEN
            'cleared' ELSE 'provisional' END, amount FROM records WHERE name = 'Clearing' AND sender = ? AND day = ? AND
            serial > ? ORDER BY serial LIMIT 501""", (header["Sender"], body["CountedDate"], body.get("After", "")))]
        more = ("More", "yes" if len(lines) > 500 else "no")
        return self.refusal(body, body["CountedDate"]) or [("Code", "0000"), *lines[:500], more]
    def SettlementAdvice(self, header, body):
        known = self.find("advices", sender=header["Sender"], settlement=body["Settlement"])
        if body["Bank"] == self.bank and not known:
            self.insert("advices", header["Sender"], body["Settlement"], repr(body))
        return "A002" if body["Bank"] != self.bank else "B901" if known and known["content"] != repr(body) else "0000"

# ---- HTTP, and signatures by RFC 9421 and RFC 9530.
def digest(content):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
def signature_base(components, parameters):
    return "\n".join(f"{name}: {value}" for name, value in [*components, ('"@signature-params"', parameters)]).encode()
SIGNED = re.compile(r'mpn=(\("@method" "@path" "content-type" "content-digest"\)((?:;[a-z]+=(?:"[^"]*"|[0-9]+))*))')

def believed(headers, path, content, hub_keys):
    try:
        (kind,), (given,), (signed,), (signature,) = [headers.get_all(name, []) for name in (
            "Content-Type", "Content-Digest", "Signature-Input", "Signature")]  # each exactly once
        parameters, rest = SIGNED.fullmatch(signed).groups()
        names, (algorithm, created, key_id, tag) = zip(*sorted(part.split("=", 1) for part in rest.split(";")[1:]))
        signature = base64.b64decode(re.fullmatch("mpn=:([A-Za-z0-9+/]{86}==):", signature)[1])
        hub_keys[key_id].verify(signature, signature_base([('"@method"', "POST"), ('"@path"', path), (
            '"content-type"', kind), ('"content-digest"', given)], parameters))
        return names == ("alg", "created", "keyid", "tag") and (algorithm, tag) == ('"ed25519"', '"mpn-v1"') and \
            abs(time.time() - int(created)) <= 300 and given == digest(content)
    except (AttributeError, KeyError, TypeError, ValueError, InvalidSignature):
        return False

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", 60, True
    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))  # in chunks there is none, and it gets 401
        content, answer = self.rfile.read(max(0, min(length, 4 * LARGEST))), b""  # unread, it resets the connection
        status = (413 if len(content) > LARGEST else
                  404 if self.path != f"/{self.server.collector.number}/mpn" else
                  401 if not believed(self.headers, self.path, content, self.server.hub_keys) else
                  415 if self.headers["Content-Type"] != CONTENT_TYPE or "Content-Encoding" in self.headers else 200)
        try:
            answer = self.server.collector.answer(content) if status == 200 else b""
        except (ValueError, ElementTree.ParseError):
            status = 400
        except Exception:  # our own failure says nothing about the payment: the hub asks again
            status = traceback.print_exc() or 500
        self.reply(status, answer)
    def reply(self, status, answer=b""):
        parameters = f'("@status" "content-digest" "content-digest";req);created={int(time.time())}' \
            f';keyid="{self.server.key_id}";alg="ed25519";tag="mpn-v1"'
        signature = self.server.key.sign(signature_base([  # the request's digest too: it answers this request alone
            ('"@status"', status), ('"content-digest"', digest(answer)),
            ('"content-digest";req', self.headers["Content-Digest"])], parameters)) if status == 200 else b""
        self.send_response(status)
        for name, value in {"Connection": "close"}.items() if status != 200 else {
                "Content-Type": CONTENT_TYPE, "Content-Digest": digest(answer), "Signature-Input": f"mpn={parameters}",
                "Signature": f"mpn=:{base64.b64encode(signature).decode()}:"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    do_GET = do_PUT = do_PATCH = do_DELETE = lambda self: self.reply(405)

def main(declaration):
    settings, folder = tomllib.loads(declaration.read_text("utf-8")), declaration.resolve().parent
    endpoint, keys = urllib.parse.urlsplit(settings["endpoint"]), folder / "keys"
    http.server.ThreadingHTTPServer.request_queue_size = 128  # with the library's 5 a storm would wait
    server = http.server.ThreadingHTTPServer((endpoint.hostname, endpoint.port), Handler)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)  # TLS 1.2 and 1.3
    tls.load_cert_chain(keys / "tls.pem", keys / "tls-key.pem")
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # a connection broke: what was recorded is on record, and the hub asks again
    server.hub_keys = {f'"{settings["hub_key"]["id"]}"': load_pem_public_key((keys / "hub-public.pem").read_bytes())}
    server.key = load_pem_private_key((keys / "collector.pem").read_bytes(), None)
    server.key_id = settings["collector_keys"][0]["id"]
    server.collector = Collector(settings, folder / "collector.db")
    (folder / "collector.pid").write_text(str(os.getpid()))  # for the restarts of the kit
    server.serve_forever()
if __name__ == "__main__":
    main(Path(sys.argv[1]))
