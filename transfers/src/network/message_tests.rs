use super::*;

fn message(body: Body) -> Message {
    let at = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    let (from, to) = ("9999".parse().unwrap(), "0125".parse().unwrap());
    Message { id: "0193".repeat(8), from, to, at, body }
}

fn samples() -> Vec<Message> {
    let party = |name: &str, bank: &str| Party {
        name: name.to_owned(),
        account: AccountRef {
            bank: bank.parse().unwrap(),
            branch: "100".parse().unwrap(),
            kind: AccountKind::Savings,
            number: "0000001".parse().unwrap(),
        },
    };
    let day: Date = "2026-11-24".parse().unwrap();
    let original = "abc-1".to_owned();
    let status = |status, code: Option<&str>, day| {
        let code = code.map(str::to_owned);
        Body::Status(StatusReport { original: "x".to_owned(), status, code, day })
    };
    let line = |incoming| {
        let (id, amount) = (original.clone(), Yen::new(7));
        Line { incoming, id, amount, status: Status::Settled }
    };
    let lines = vec![line(false), line(true)];
    let waits = Waits { number: "w-1".to_owned(), bytes: b"<a/>".to_vec() };
    let transfer = CreditTransfer {
        amount: Yen::new(100_000_000),
        day,
        debtor: party("ｶ)ﾐﾎﾝ & <ｺ>", "9999"),
        creditor: party("ﾔﾏﾀﾞ ﾀﾛｳ", "0125"),
        original: None,
    };
    let collected = CreditTransfer { original: Some("d-1".to_owned()), ..transfer.clone() };
    let debit = |customer: &str| {
        Body::Debit(DirectDebit {
            amount: Yen::new(9_999_999_999),
            day,
            creditor: party("ｶ)ﾐﾎﾝ", "9999"),
            debtor: party("ﾔﾏﾀﾞ ﾀﾛｳ", "0125"),
            customer: customer.to_owned(),
        })
    };
    let bodies = [
        Body::Transfer(transfer),
        Body::Transfer(collected),
        debit("0000000000A-1234567&"),
        debit(""),
        status(Status::Accepted, None, None),
        status(Status::Rejected, Some("AC01"), None),
        status(Status::Received, None, Some(day)),
        Body::Return(PaymentReturn {
            original: original.clone(),
            amount: Yen::new(1),
            code: "AC04".to_owned(),
        }),
        Body::Recall(RecallRequest { original, amount: Yen::new(1), code: "CUST".to_owned() }),
        Body::RecallAnswer(RecallAnswer {
            case: "y".to_owned(),
            status: RecallStatus::Refused,
            code: Some("NOAS".to_owned()),
        }),
        Body::Verification(party("x", "0125").account),
        Body::VerificationAnswer(VerificationAnswer {
            original: "q".to_owned(),
            found: Ok("ﾔﾏﾀﾞ ﾀﾛｳ".to_owned()),
        }),
        Body::VerificationAnswer(VerificationAnswer {
            original: "q".to_owned(),
            found: Err("NSUP".to_owned()),
        }),
        Body::Collect(String::new()),
        Body::Waiting(Waiting { more: true, messages: vec![waits] }),
        Body::Lines(day, String::new()),
        Body::LinesAnswer(LinesAnswer { closed: true, more: false, lines }),
    ];
    bodies.into_iter().map(message).collect()
}

#[test]
fn every_message_is_read_back() {
    for sample in samples() {
        let bytes = encode(&sample);
        assert_eq!(decode(&bytes).as_ref(), Ok(&sample));
        assert_eq!(encode(&sample), bytes, "the same bytes each time");
    }
}

#[test]
fn nothing_is_guessed() {
    let text = String::from_utf8(encode(&samples()[0])).unwrap();
    for (right, wrong) in [
        ("100000000</", "0100000000</"),
        ("100000000</", "-1</"),
        ("<Tp>4</Tp>", "<Tp>3</Tp>"),
        ("<Br>100</Br>", "<Br>10</Br>"),
        ("2026-11-24</", "24.11.2026</"),
        ("urn:mpn:interbank:v1", "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"),
        ("FIToFICstmrCdtTrf", "FIToFICstmrDrctDbt"),
        ("<Dbtr>", "<Dbtr><Ustrd>x</Ustrd>"),
    ] {
        assert!(decode(text.replace(right, wrong).as_bytes()).is_err(), "{wrong}");
    }
}
