//! A message in words: what each element is, which clause is about it, and what an answer is worth to the hub.

use collectors::client::Answer;
use collectors::protocol::{self, Message};
use collectors::signature::{RequestParts, ResponseParts, VerifyingKey, verify_request, verify_response};
use collectors::{AnswerClass, Kind, classify, classify_cancellation};
use domain::xml::{self, Element, Limits};
use domain::{ResponseCode, Timestamp};
use http::{HeaderMap, header};

use super::wire::Reply;

/// An element of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How deep it stands.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its content; empty of one that has others inside.
    pub value: String,
    /// What it is.
    pub meaning: String,
}

/// Something that was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// What is wrong; none where nothing is.
    pub wrong: Option<String>,
    /// The clause, as an address of this site.
    pub clause: &'static str,
}

/// Characters of a content that are shown: more than any but an Original has.
const SHOWN_CHARS_MAX: usize = 60;

/// The elements, with what each is.
const MEANINGS: &[(&str, &str)] = &[
    ("Message", "a message of version 1"),
    ("Header", "who, to whom, under which key"),
    ("Version", "of the protocol"),
    ("Sender", "センタコード of whoever sends it"),
    ("Receiver", "センタコード of whoever it is for"),
    ("ProcessingDate", "仕向処理年月日: with sender and serial the key of the request"),
    ("Serial", "仕向処理通番: with sender and processing date the key; of a line that of its clearing"),
    ("SentAt", "when it was written; information only"),
    ("Inquiry", "照会: what is owed under these numbers?"),
    ("InquiryAnswer", "照会応答"),
    ("Clearing", "消込: the bill is paid, record it once under the key"),
    ("ResendConfirmation", "再送確認: make sure that the message inside is recorded"),
    ("ClearingAnswer", "消込応答"),
    ("Cancellation", "取消: take the clearing back"),
    ("CancellationAnswer", "取消応答"),
    ("Open", "開局: the day begins"),
    ("PreClose", "予備閉局: no new inquiries, clearings go on"),
    ("ServiceAnswer", "the answer to 開局 and 予備閉局"),
    ("Close", "閉局: the day ends, with the hub's counters"),
    ("Counter", "収納カウンタ照会: how many, how much?"),
    ("CounterAnswer", "収納カウンタ応答"),
    ("Lines", "消込明細照会: which clearings?"),
    ("LinesAnswer", "消込明細応答"),
    ("SettlementAdvice", "資金決済通知: what the bank will pay"),
    ("SettlementAdviceAnswer", "資金決済通知応答"),
    ("Collector", "収納機関コード: the number and 000"),
    ("CustomerNumber", "納付番号 or お客様番号"),
    ("ConfirmationNumber", "確認番号"),
    ("PaymentCategory", "納付区分, or a 納付目的コード in its place"),
    ("Bank", "金融機関コード: the bank of the payer; without a contract A002"),
    ("Channel", "how the payer came: internet_banking, or counter (窓口)"),
    ("Amount", "yen, without the fee"),
    ("Fee", "払込手数料 that the payer bears, on top of the amount"),
    ("LateCharge", "延滞金, contained in the amount"),
    ("Bill", "one bill that is owed"),
    ("BillId", "your own id of the bill; a clearing names it"),
    ("Payer", "納付者氏名, as the payer sees it"),
    ("Contents", "納付内容, as the payer sees it"),
    ("Due", "納期限"),
    ("ClearBy", "消込期限: the last day on which a clearing may be sent"),
    ("EntryKind", "typed, or linked where your site handed the bill over"),
    ("ReceiptDate", "領収日: the day in Japan on which the bank held the money"),
    ("Original", "the first message in base64, byte for byte: compare and record these bytes"),
    ("Code", "the response code"),
    ("ProvisionalCode", "仮消込: recorded, and this code says why it does not fit"),
    ("Reference", "your own number of the record"),
    ("ClearingDate", "processing date of the clearing that is taken back"),
    ("ClearingSerial", "serial of the clearing that is taken back"),
    ("ServiceKind", "収納の種類: national, local or private"),
    ("CountedDate", "the processing date that is counted"),
    ("Counters", "収納カウンタ"),
    ("Cleared", "clearings recorded as they should be"),
    ("Provisional", "clearings recorded provisionally"),
    ("Cancelled", "cancellations that were carried out"),
    ("Count", "how many"),
    ("After", "the serial behind which the next page begins"),
    ("Line", "one clearing on record"),
    ("Status", "cleared, provisional, refused or cancelled"),
    ("More", "whether another page follows"),
    ("Settlement", "the bank's number of the net payment"),
    ("WindowDate", "the business day whose window closed"),
    ("PayDate", "the day on which it is paid"),
];

/// The elements of a message, one after another; nothing where it is no XML.
pub fn lines(bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Ok(root) = xml::read(bytes, Limits::MESSAGE) {
        line(&root, 0, &mut lines);
    }
    lines
}

fn line(element: &Element, depth: usize, lines: &mut Vec<Line>) {
    let name = element.name().to_owned();
    let is_inner = !element.children().is_empty();
    let value = if is_inner { String::new() } else { shortened(element.text().unwrap_or_default()) };
    let known = MEANINGS.iter().find(|(known, _)| *known == name);
    let mut meaning = known.map_or("no element of the schema", |(_, meaning)| meaning).to_owned();
    if matches!(name.as_str(), "Code" | "ProvisionalCode")
        && let Some(told) = value.parse().ok().map(code)
    {
        meaning.push_str(&format!(": {told}"));
    }
    lines.push(Line { depth, name, value, meaning });
    for child in element.children() {
        line(child, depth + 1, lines);
    }
}

/// A content as a table has room for it: that of an Original is a whole message in base64.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    format!("{shown} … ({count} characters)")
}

/// What a response code says.
const fn code(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::Normal => "normal",
        ResponseCode::NotOpen => "not open",
        ResponseCode::BankNotContracted => "bank not contracted",
        ResponseCode::CustomerNumberWrong => "customer number wrong",
        ResponseCode::ConfirmationNumberWrong => "confirmation number wrong",
        ResponseCode::ChannelNotAccepted => "channel not accepted",
        ResponseCode::PaymentCategoryWrong => "payment category wrong",
        ResponseCode::BillNotObtained => "bill could not be obtained",
        ResponseCode::CancellationNotFromCounter => "a cancellation from another channel than the counter",
        ResponseCode::CounterDateWrong => "a date in the future",
        ResponseCode::AlreadyPaid => "already paid",
        ResponseCode::Expired => "expired",
        ResponseCode::AmountDiffers => "amount differs",
        ResponseCode::NotYetPayable => "cannot be paid yet",
        ResponseCode::NumberStopped => "no more answers for this customer number",
        ResponseCode::KeyReused => "the key came with another body",
        ResponseCode::CollectorError => "the collector's program failed",
        ResponseCode::Malformed => "malformed request",
    }
}

/// What was found about the hub's own message, which came at `came` of the machine's clock.
pub fn of_request(
    keys: &[VerifyingKey],
    path: &str,
    body: &[u8],
    headers: &HeaderMap,
    came: Timestamp,
) -> Vec<Check> {
    let parts = RequestParts { method: "POST", path, content_type: protocol::CONTENT_TYPE, body };
    let signed = verify_request(keys, &parts, headers, came);
    vec![
        schema(body),
        Check {
            what: "signed by the hub",
            wrong: signed.err().map(|error| error.to_string()),
            clause: "/protocol#signatures",
        },
    ]
}

/// What was found about an answer.
pub fn of_answer(key: &VerifyingKey, request: &Message, request_bytes: &[u8], reply: &Reply) -> Vec<Check> {
    let status = (reply.status != 200).then(|| {
        let hint = match reply.status {
            401 => ": your collector did not believe the hub; has it the key that the page of keys has for MPN9999?",
            404 => ": the message went to the path that the protocol says",
            _ => "",
        };
        format!("it is {}{hint}", reply.status)
    });
    let kind =
        reply.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let folded: String = kind.to_ascii_lowercase().chars().filter(|c| !matches!(c, ' ' | '"')).collect();
    let is_xml = folded == "application/xml;charset=utf-8";
    let parts = ResponseParts { status: reply.status, body: &reply.body, request_body: request_bytes };
    let signed = verify_response(std::slice::from_ref(key), &parts, &reply.headers, reply.came);
    let fits = Answer::read(request, reply.body.clone(), String::new());
    vec![
        Check { what: "answered with status 200", wrong: status, clause: "/protocol#http" },
        Check {
            what: "of the right content type",
            wrong: (!is_xml).then(|| format!("it is {kind:?}, not application/xml; charset=utf-8")),
            clause: "/protocol#http",
        },
        Check {
            what: "signed with the registered key",
            wrong: signed.err().map(|error| error.to_string()),
            clause: "/protocol#signatures",
        },
        schema(&reply.body),
        Check {
            what: "answers this request",
            wrong: fits.err().map(|error| error.to_string()),
            clause: "/protocol#header",
        },
    ]
}

fn schema(body: &[u8]) -> Check {
    let wrong = protocol::decode(body).err().map(|error| error.to_string());
    Check { what: "of the schema", wrong, clause: "/protocol#messages" }
}

/// What the hub takes an answer for, where all checks pass.
pub fn conclusion(kind: Kind, answer: &Message) -> String {
    use protocol::Body;
    match &answer.body {
        Body::ClearingAnswer(answer) => match classify(kind, answer) {
            AnswerClass::Accepted { provisional: None, .. } => "the payment is accepted".to_owned(),
            AnswerClass::Accepted { provisional: Some(code), .. } => {
                format!("the payment is accepted, provisionally ({code})")
            }
            AnswerClass::RejectedForGood(code) => {
                format!("the payment is rejected for good ({code}); the payer gets the money back")
            }
            AnswerClass::NotApplied(code) => format!("nothing was recorded ({code}); it is sent again later"),
            AnswerClass::Unknown(why) => format!("the outcome is unknown, and people are told: {why}"),
        },
        Body::CancellationAnswer(answer) => match classify_cancellation(answer) {
            AnswerClass::Accepted { .. } => "the payment is cancelled".to_owned(),
            AnswerClass::RejectedForGood(code) => {
                format!("the cancellation is refused ({code}); the payment stays")
            }
            AnswerClass::NotApplied(code) => format!("nothing was recorded ({code}); it is sent again later"),
            AnswerClass::Unknown(why) => format!("the outcome is unknown, and people are told: {why}"),
        },
        body => match body.code() {
            Some(ResponseCode::Normal) => "done".to_owned(),
            Some(told) => format!("refused: {told}, {}", code(told)),
            None => "nothing: it is no answer".to_owned(),
        },
    }
}

/// The clause about a message, as an address of this site.
pub fn clause(element: &str) -> &'static str {
    match element {
        "Inquiry" | "InquiryAnswer" => "/protocol#inquiry-照会--inquiryanswer-照会応答",
        "Clearing" | "ClearingAnswer" => "/protocol#clearing-消込--clearinganswer-消込応答",
        "ResendConfirmation" => "/protocol#resendconfirmation-再送確認--clearinganswer",
        "Cancellation" | "CancellationAnswer" => "/protocol#cancellation-取消--cancellationanswer-取消応答",
        "Counter" | "CounterAnswer" | "Lines" | "LinesAnswer" => {
            "/protocol#counter-収納カウンタ--counteranswer-lines-消込明細--linesanswer"
        }
        "SettlementAdvice" | "SettlementAdviceAnswer" => {
            "/protocol#settlementadvice-資金決済通知--settlementadviceanswer"
        }
        "Open" | "PreClose" | "Close" | "ServiceAnswer" => {
            "/protocol#open-開局-preclose-予備閉局--serviceanswer-close-閉局--counteranswer"
        }
        _ => "/protocol#messages",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use bytes::Bytes;
    use collectors::signature::{SigningKey, sign_response};

    use super::*;

    #[test]
    fn every_element_of_the_schema_is_explained_and_nothing_else() {
        let schema = include_str!("../../../docs/protocol/mpn-v1.xsd");
        let named = schema.split("<xs:element name=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let named: BTreeSet<_> = named.collect();
        let explained: BTreeSet<_> = MEANINGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(explained, named);
        assert_eq!(MEANINGS.len(), explained.len());
    }

    #[test]
    fn every_clause_is_a_heading_of_the_page() {
        let page = include_str!("../../../docs/protocol/README.md");
        let headings = page.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
        let anchors: BTreeSet<_> = headings.map(crate::markdown::anchor).collect();
        for name in MEANINGS.iter().map(|(name, _)| *name) {
            let (_, anchor) = clause(name).split_once('#').unwrap();
            assert!(anchors.contains(anchor), "{anchor}");
        }
        assert!(anchors.contains("signatures") && anchors.contains("http") && anchors.contains("header"));
    }

    /// However long ago it was: what was right when it came stays right.
    #[test]
    fn a_signature_is_held_against_the_time_at_which_it_came() {
        let bytes = include_bytes!("../../../docs/protocol/examples/clearing.xml").trim_ascii_end();
        let request = protocol::decode(bytes).unwrap();
        let body = Bytes::from_static(
            include_bytes!("../../../docs/protocol/examples/clearing-answer.xml").trim_ascii_end(),
        );
        let key = SigningKey::from_seed("99022-7", &[7; 32]).unwrap();
        let parts = ResponseParts { status: 200, body: &body, request_body: bytes };
        let came = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        for (signed_at, is_right) in
            [("2026-11-24T10:00:00+09:00", true), ("2026-11-24T09:00:00+09:00", false)]
        {
            let signed = sign_response(&key, &parts, Timestamp::parse_rfc3339(signed_at).unwrap());
            let mut headers = HeaderMap::new();
            for (name, value) in signed.pairs() {
                headers.insert(name, value.parse().unwrap());
            }
            let reply = Reply { status: 200, headers, body: body.clone(), took: Duration::ZERO, came };
            let checks = of_answer(&key.verifying_key(), &request, bytes, &reply);
            let signature = checks.iter().find(|check| check.clause == "/protocol#signatures").unwrap();
            assert_eq!(signature.wrong.is_none(), is_right, "{:?}", signature.wrong);
        }
    }

    #[test]
    fn a_message_is_told_element_by_element() {
        let text = include_bytes!("../../../docs/protocol/examples/clearing-answer-provisional.xml");
        let lines = lines(text.trim_ascii_end());
        let code = lines.iter().find(|line| line.name == "Code").unwrap();
        assert_eq!((code.depth, code.value.as_str()), (2, "0000"));
        assert_eq!(code.meaning, "the response code: normal");
        let why = lines.iter().find(|line| line.name == "ProvisionalCode").unwrap();
        assert!(why.meaning.ends_with(": bill could not be obtained"), "{}", why.meaning);
        let answer = protocol::decode(text.trim_ascii_end()).unwrap();
        assert_eq!(conclusion(Kind::Private, &answer), "the payment is accepted, provisionally (A101)");
    }
}
