"""The site of a collector, which hands bills over to the payer's bank (情報リンク): python site.py collector.toml

Read it beside docs/guides/information-link.md, whose words it uses. It shows the bills of collector.py beside it, each
by its number alone, as no site would outside of tests. Needs `jwcrypto`, and speaks HTTP on this machine."""
import html, http.server, json, secrets, sqlite3, sys, tomllib, urllib.parse
from datetime import datetime, timezone
from pathlib import Path
from jwcrypto import jwe, jwk

FILE = Path(sys.argv[1]).resolve()
SETTINGS = tomllib.loads(FILE.read_text("utf-8"))
LINK, KEY = SETTINGS["link"], jwk.JWK.from_json((FILE.parent / SETTINGS["link"]["keys"][0]).read_text("utf-8"))

def entry(number):
    """The bill of a number, from the record that inquiries are answered from; None where none can be paid."""
    with sqlite3.connect(f"file:{FILE.parent}/collector.db?mode=ro", uri=True) as db:
        bill = db.execute("SELECT confirmation, category, amount, fee, clear_by FROM bills WHERE customer = ? AND "
                          "paid_by IS NULL AND amount IS NOT NULL", (number,)).fetchone()
    if not bill:
        return None
    confirmation, category, amount, fee, clear_by = bill
    return {"cno": number, "kno": confirmation, **({"kubun": category} if category else {}), "amount": amount,
            "fee": fee, "contents": "見本料金", "clear_until": clear_by.replace("-", "")}

def form(pattern, entries):
    """A new hand-off each time: whoever presses the button again or in another window has one of their own."""
    bills = {"bills": entries} if pattern == "02" else entries[0]
    contents = {"v": 1, "skno": SETTINGS["collector"], "payer": "見本商事", **bills, "nonce": secrets.token_urlsafe(12),
                "issued_at": datetime.now(timezone.utc).isoformat(), "return_url": LINK["return_urls"][0] + "done"}
    # where clearings can bear the id of a hand-off, the nonce is kept with the order here, before the page is sent
    sealed = jwe.JWE(json.dumps(contents).encode(), recipient=KEY, protected=json.dumps(
        {"alg": "dir", "enc": "A256GCM", "kid": KEY["kid"]}))
    fields = {"skno": SETTINGS["collector"], "bptn": pattern, "bill": sealed.serialize(compact=True)}
    inputs = "".join(f'<input type="hidden" name="{k}" value="{html.escape(v)}">' for k, v in fields.items())
    return f'<form method="post" action="{html.escape(LINK["entry"])}">{inputs}<button>銀行へ進む</button></form>'

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        match urllib.parse.urlsplit(self.path).path.split("/")[1:]:
            case ["test", ("01" | "02") as pattern, numbers] if all(entries := [entry(n) for n in numbers.split(",")]):
                self.reply(200, form(pattern, entries))
            case ["pay", "done"]:  # whoever comes back has not paid by that: the clearing says who has
                self.reply(200, "<p>お支払いの結果は、銀行から知らせが届き次第、表示します。</p>")
            case _:
                self.reply(404, "<p>お支払いになるものはありません。</p>")
    def reply(self, status, body):
        content = f'<!DOCTYPE html><html lang="ja"><meta charset="utf-8"><title>お支払い</title>{body}'.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
                            "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

if __name__ == "__main__":
    page = urllib.parse.urlsplit(LINK["page"])
    http.server.ThreadingHTTPServer((page.hostname, page.port), Handler).serve_forever()
