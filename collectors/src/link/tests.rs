//! The hand-off: what opens, what is read, and what is not.

use serde_json::{Value, json};

use super::jwe::{JWE_BYTES_MAX, OpenError, open, seal};
use super::rules::{AGE_S_MAX, AHEAD_S_MAX, BrokenRule};
use super::*;

fn key(id: &str) -> LinkKey {
    LinkKey::from_jwk(&LinkKey::generate(id).unwrap()).unwrap()
}

fn one() -> Value {
    json!({
        "v": 1, "skno": "99022", "cno": "902200001111", "kno": "1234", "amount": 12_800, "fee": 110,
        "payer": "株式会社見本商事", "payer_kana": "カ)ミホンシヨウジ", "contents": "モバイルオークション 落札代金",
        "due": "20261130", "clear_until": "20261231", "issued_at": "2026-11-24T10:00:00+09:00",
        "nonce": "AAAAbbbbCCCC-_09", "return_url": "https://shop.example/orders/1",
    })
}

fn with(mut contents: Value, changes: &[(&str, Value)]) -> Value {
    for (field, value) in changes {
        let fields = contents.as_object_mut().unwrap();
        if value.is_null() {
            fields.remove(*field)
        } else {
            fields.insert((*field).to_owned(), value.clone())
        };
    }
    contents
}

fn read(pattern: Pattern, contents: &Value) -> Result<HandOff, PayloadError> {
    HandOff::read(pattern, contents.to_string().as_bytes())
}

#[test]
fn what_was_sealed_opens_under_its_key_and_no_other() {
    let (ours, other) = (key("99022-1"), key("99022-2"));
    let compact = seal(&ours, b"{}").unwrap();
    assert_eq!(open(&compact, |kid| (kid == "99022-1").then_some(&ours)).unwrap(), b"{}");
    assert_eq!(open(&compact, |_| None), Err(OpenError::UnknownKey("99022-1".to_owned())));
    // the id of one key over the bytes of another
    assert_eq!(open(&compact, |_| Some(&other)), Err(OpenError::Tampered("99022-1".to_owned())));
    assert_ne!(compact, seal(&ours, b"{}").unwrap(), "no nonce comes twice");
    assert!(!format!("{ours:?}").contains("=="));
}

#[test]
fn no_changed_byte_opens() {
    let ours = key("99022-1");
    let compact = seal(&ours, one().to_string().as_bytes()).unwrap();
    for place in 0..compact.len() {
        for replaced in [b'A', b'.', b'-'] {
            let mut bytes = compact.clone().into_bytes();
            if bytes[place] == replaced {
                continue;
            }
            bytes[place] = replaced;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(open(&changed, |_| Some(&ours)).is_err(), "{place}");
        }
        assert!(open(&compact[..place], |_| Some(&ours)).is_err(), "cut at {place}");
    }
    assert!(open(&format!("{compact}."), |_| Some(&ours)).is_err());
    assert_eq!(open(&"A".repeat(JWE_BYTES_MAX + 1), |_| Some(&ours)), Err(OpenError::TooLarge));
}

#[test]
fn no_other_algorithm_is_taken() {
    use base64::Engine as _;
    let ours = key("99022-1");
    let compact = seal(&ours, b"{}").unwrap();
    let rest = compact.split_once('.').unwrap().1;
    for (header, why) in [
        (r#"{"alg":"none","enc":"A256GCM","kid":"99022-1"}"#, "alg is not dir"),
        (r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"99022-1"}"#, "alg is not dir"),
        (r#"{"alg":"dir","enc":"A128CBC-HS256","kid":"99022-1"}"#, "enc is not A256GCM"),
        (r#"{"alg":"dir","enc":"A256GCM","kid":"99022-1","zip":"DEF"}"#, "it is compressed"),
        (
            r#"{"alg":"dir","enc":"A256GCM","kid":"99022-1","crit":["b64"]}"#,
            "it has extensions that must be understood",
        ),
        (r#"{"alg":"dir","enc":"A256GCM"}"#, "it is no JSON with alg, enc and kid"),
        (r#"{"alg":"dir","alg":"none","enc":"A256GCM","kid":"1"}"#, "it is no JSON with alg, enc and kid"),
        ("{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"a\\nb\"}", "kid is no key id"),
        ("[]", "it is no JSON with alg, enc and kid"),
    ] {
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
        assert_eq!(open(&format!("{header}.{rest}"), |_| Some(&ours)), Err(OpenError::Header(why)));
    }
}

#[test]
fn keys_are_jwks_of_256_bits_and_overlap() {
    let jwk = |changes: &[(&str, Value)]| {
        let k = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        LinkKey::from_jwk(&with(json!({"kty": "oct", "kid": "99022-1", "k": k}), changes).to_string())
    };
    let at = |text: &str| domain::Timestamp::parse_rfc3339(text).unwrap();
    let (day, next) = (at("2026-11-24T00:00:00Z"), at("2026-11-24T00:00:01Z"));
    assert!(jwk(&[]).unwrap().is_valid(day));
    let old = jwk(&[("exp", json!(1_795_478_401))]).unwrap();
    let new = jwk(&[("nbf", json!(1_795_478_400))]).unwrap();
    assert_eq!((old.is_valid(day), new.is_valid(day)), (true, true));
    assert_eq!((old.is_valid(next), new.is_valid(next)), (false, true));
    assert!(!new.is_valid(at("2026-11-23T23:59:59Z")));
    let made = LinkKey::generate_for("99022-2", Some(day), Some(next)).unwrap();
    let made = LinkKey::from_jwk(&made).unwrap();
    assert_eq!([at("2026-11-23T23:59:59Z"), day, next].map(|at| made.is_valid(at)), [false, true, false]);
    for (changes, error) in [
        (("kty", json!("RSA")), LinkKeyError::Jwk),
        (("k", json!("AAAA")), LinkKeyError::Length),
        (("k", json!("==")), LinkKeyError::Jwk),
        (("kid", json!("a/b")), LinkKeyError::Id),
        (("kid", Value::Null), LinkKeyError::Jwk),
    ] {
        assert_eq!(jwk(&[changes]).unwrap_err(), error);
    }
}

#[test]
fn each_pattern_has_its_own_fields() {
    let found = read(Pattern::One, &one()).unwrap();
    let [handed] = found.bills.as_slice() else { panic!("one bill") };
    assert_eq!((handed.bill.amount.get(), handed.bill.fee.get()), (12_800, 110));
    assert_eq!(handed.bill.id.as_str(), "AAAAbbbbCCCC-_09");
    assert_eq!(handed.bill.clear_by.unwrap().to_string(), "2026-12-31");
    let range = [("amount", Value::Null), ("amount_min", json!(1_000)), ("amount_max", json!(50_000))];
    let chosen = read(Pattern::Chosen, &with(one(), &range)).unwrap();
    assert_eq!(chosen.bounds.map(|(least, most)| (least.get(), most.get())), Some((1_000, 50_000)));
    let bill = |cno: &str| json!({"cno": cno, "kno": "1234", "amount": 500, "contents": "11月分"});
    let none: Vec<_> =
        ["cno", "kno", "amount", "fee", "contents", "due", "clear_until"].map(|f| (f, Value::Null)).into();
    let several = with(with(one(), &none), &[("bills", json!([bill("1"), bill("2")]))]);
    let found = read(Pattern::Several, &several).unwrap();
    let ids: Vec<_> = found.bills.iter().map(|handed| handed.bill.id.as_str()).collect();
    assert_eq!(ids, ["AAAAbbbbCCCC-_09-01", "AAAAbbbbCCCC-_09-02"]);
    // none is read as another
    for (pattern, contents) in [
        (Pattern::One, &several),
        (Pattern::Several, &one()),
        (Pattern::Chosen, &one()),
        (Pattern::Several, &with(several.clone(), &[("bills", json!([bill("1"), bill("1")]))])),
        (Pattern::Several, &with(several.clone(), &[("bills", json!([]))])),
        (Pattern::Several, &with(several.clone(), &[("cno", json!("1"))])),
        (Pattern::Chosen, &with(one(), &[range[0].clone(), range[1].clone(), ("amount_max", json!(999))])),
    ] {
        assert!(read(pattern, contents).is_err(), "{pattern:?} {contents}");
    }
}

#[test]
fn what_is_no_hand_off_is_not_read() {
    for (field, value) in [
        ("v", json!(2)),
        ("skno", json!("9902")),
        ("cno", json!("12345678901234567890a")),
        ("kno", json!("12")),
        ("kubun", json!("1".repeat(17))),
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!("+12800")),
        ("amount", json!(12_800.5)),
        ("amount", json!(100_000_000_000_i64)),
        ("fee", json!(-1)),
        ("fee", json!(99_999_999_999_i64)),
        ("kno", json!(1234)),
        ("payer", json!("\u{fffd}\u{fffd}商事")),
        ("payer", json!("見本\u{202e}商事")),
        ("payer", json!(" ")),
        ("contents", json!("a".repeat(61))),
        ("due", json!("2026-11-30")),
        ("due", json!("20261131")),
        ("issued_at", json!("2026-11-24 10:00")),
        ("nonce", json!("AAAAbbbbCCCC-_0")),
        ("nonce", json!("AAAAbbbbCCCC-_0=")),
        ("return_url", json!("https://shop.example/注文")),
        ("return_url", json!("")),
        ("unknown", json!(1)),
    ] {
        assert!(read(Pattern::One, &with(one(), &[(field, value.clone())])).is_err(), "{field} {value}");
    }
    let number = read(Pattern::One, &with(one(), &[("kno", json!(987_654))])).unwrap_err();
    assert!(!number.to_string().contains("987654"), "no number of a payer is in the log: {number}");
    let lacking = HandOff::wrong_json(with(one(), &[("payer", Value::Null)]).to_string().as_bytes());
    assert!(lacking.is_some_and(|said| said.contains("`payer`")), "whoever wrote it is told the field");
    assert_eq!(HandOff::wrong_json(one().to_string().as_bytes()), None);
    let range =
        [("amount", Value::Null), ("amount_min", json!(1)), ("amount_max", json!(99_999_999_999_i64))];
    assert_eq!(read(Pattern::Chosen, &with(one(), &range)), Err(PayloadError::Field("fee")));
    assert!(HandOff::read(Pattern::One, b"\x83\x4a\x83\x5e").is_err(), "Shift_JIS is no UTF-8");
    for word in ["01", "02", "03"] {
        assert_eq!(Pattern::of_word(word).unwrap().as_str(), word);
    }
    assert_eq!(Pattern::of_word("1"), None);
}

/// What a hand-off breaks, so many seconds after it was issued.
fn broken(pattern: Pattern, contents: &Value, after_s: i64) -> Vec<BrokenRule> {
    let handed = read(pattern, contents).unwrap();
    let directory = crate::Directory::embedded();
    let collector = directory.get(&handed.collector).unwrap();
    handed.broken_rules(collector, handed.issued_at.plus_seconds(after_s))
}

#[test]
fn a_hand_off_holds_for_thirty_minutes() {
    let after = |seconds: i64| broken(Pattern::One, &one(), seconds);
    assert_eq!([after(-AHEAD_S_MAX), after(0), after(AGE_S_MAX)], [vec![], vec![], vec![]]);
    assert_eq!(after(AGE_S_MAX + 1), [BrokenRule::Old]);
    assert_eq!(after(-AHEAD_S_MAX - 1), [BrokenRule::Ahead]);
    let foreign = with(one(), &[("kubun", json!("1"))]);
    let all = [BrokenRule::Old, BrokenRule::Numbers("kubun")];
    assert_eq!(broken(Pattern::One, &foreign, 9_999), all, "all of them");
}

#[test]
fn a_hand_off_has_its_collectors_numbers() {
    let tax = [
        ("skno", json!("00200")),
        ("cno", json!("1234567890123456")),
        ("kno", json!("123456")),
        ("kubun", json!("1234567890")),
    ];
    let of_tax = |changes: &[(&str, Value)]| broken(Pattern::One, &with(with(one(), &tax), changes), 0);
    assert_eq!(of_tax(&[]), []);
    for (field, value) in [
        ("cno", json!("123456789012345")),
        ("kno", json!("1234")),
        ("kubun", json!("1")),
        ("kubun", Value::Null),
    ] {
        assert_eq!(of_tax(&[(field, value)]), [BrokenRule::Numbers(field)]);
    }
    let uncategorised = broken(Pattern::One, &with(one(), &[("kubun", json!("1"))]), 0);
    assert_eq!(uncategorised, [BrokenRule::Numbers("kubun")]);
    let range = [("amount", Value::Null), ("amount_min", json!(1_000)), ("amount_max", json!(50_000))];
    assert_eq!(broken(Pattern::Chosen, &with(one(), &range), 0), [BrokenRule::AmountChosen]);
    let lender = [("skno", json!("99015")), ("cno", json!("1234567890123456"))];
    assert_eq!(broken(Pattern::Chosen, &with(with(one(), &range), &lender), 0), []);
}

/// Made by PyPI `jwcrypto` 1.6.1.
#[test]
fn what_another_library_made_opens() {
    let key = json!({"kty": "oct", "kid": "99022-1", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"});
    let key = LinkKey::from_jwk(&key.to_string()).unwrap();
    let compact = concat!(
        "eyJhbGciOiAiZGlyIiwgImVuYyI6ICJBMjU2R0NNIiwgImtpZCI6ICI5OTAyMi0xIn0..Y7xl_HnqUjVjnhMc.",
        "D7YSqvGXmuNw1xvHRX23FoLItrH-CJZfbwM9hLfmRMyCq0zlUMyUER6PSVZo9UwDARYJOXtVJ5_Qhfjkidde8jwjyFwolShLodSV9laP",
        "AQf60L2M0NuBvyBUvHKXJZNs0XnW6svtmBkT5RJtiY2BZv3-Wej7tIzmvnXIVo5uQN1XyGSrX0UBnefGYCH10HaVts7wsfLWxc4TUu-D",
        "u_JjFozF8_PCWU6Cty22-53XZ46GZB_mezBVwD_GPtFhcpags8UIe76KPx5sQusWJEqNX3_v03-hY3aTDMHiMxWRsgxhPpm6M6vVeC-W",
        "2jpU.-ny5pWhwB4xKow7PN7WKhA",
    );
    let contents = open(compact, |kid| (kid == "99022-1").then_some(&key)).unwrap();
    let found = HandOff::read(Pattern::One, &contents).unwrap();
    assert_eq!(
        (found.bills[0].bill.payer.as_str(), found.bills[0].bill.amount.get()),
        ("株式会社見本商事", 12_800)
    );
}
