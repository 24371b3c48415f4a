//! Mistakes of a site that hands bills over.

use ring::aead::NONCE_LEN;
use serde_json::Value;

use super::Mistake;

/// Half an hour and a minute.
const TOO_LONG_S: i64 = 31 * 60;

impl Mistake {
    /// The initialization vector, where it is always the same.
    pub(crate) fn iv(self) -> Option<[u8; NONCE_LEN]> {
        (self == Self::ReusesTheIv).then_some([7; NONCE_LEN])
    }

    /// The 32 bytes of a key that was shared with nobody, where that is used.
    pub(crate) fn other_key(self) -> Option<[u8; 32]> {
        (self == Self::SealsUnderAnotherKey).then_some([7; 32])
    }

    /// The protected header in JSON.
    pub(crate) fn header(self, header: Vec<u8>) -> Vec<u8> {
        if self != Self::NamesACompression {
            return header;
        }
        let text = String::from_utf8_lossy(&header).replacen('{', "{\"zip\":\"DEF\",", 1);
        text.into_bytes()
    }

    /// The contents in JSON.
    pub(crate) fn contents(self, json: Vec<u8>) -> Vec<u8> {
        let Ok(Value::Object(mut members)) = serde_json::from_slice::<Value>(&json) else { return json };
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        match self {
            Self::ReusesTheNonce => put("nonce", "AAAAAAAAAAAAAAAA".into()),
            Self::HandsOverMore => put("order", "A-1".into()),
            Self::ReturnsElsewhere => put("return_url", "https://elsewhere.example/".into()),
            Self::HandsOverOtherNumbers => put("kno", "000001".into()),
            Self::HandsOverAnotherAmount => {
                let amount = members.get("amount").and_then(Value::as_i64).unwrap_or(2);
                members.insert("amount".to_owned(), (amount - 1).into())
            }
            Self::DatesHandOffsBack => {
                let made = members.get("issued_at").and_then(Value::as_str).unwrap_or_default();
                let made = domain::Timestamp::parse_rfc3339(made).map(|at| at.plus_seconds(-TOO_LONG_S));
                members.insert("issued_at".to_owned(), made.map(domain::Timestamp::rfc3339).into())
            }
            Self::WritesAnotherEncoding => {
                // each character that is not ASCII as a byte that begins one in Shift_JIS
                let text = String::from_utf8_lossy(&json).into_owned();
                return text
                    .chars()
                    .map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(0x83))
                    .collect();
            }
            _ => return json,
        };
        serde_json::to_vec(&members).unwrap_or(json)
    }
}
