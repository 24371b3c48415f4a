//! UETR: what names a payment from end to end, at every bank that it passes.

use std::fmt;

use uuid::{Builder, Uuid, Variant, Version};

/// A UUID of version 4 (RFC 9562), in small letters, as SWIFT wants it in pacs.008 and in field 121 of an MT message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uetr(Uuid);

/// A text is no UETR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no UUID of version 4 in small letters")]
pub struct UetrError;

impl Uetr {
    /// Of random bytes.
    pub fn of_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for Uetr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_hyphenated())
    }
}

impl fmt::Debug for Uetr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uetr({self})")
    }
}

impl std::str::FromStr for Uetr {
    type Err = UetrError;
    fn from_str(text: &str) -> Result<Self, UetrError> {
        let uuid: Uuid = text.parse().map_err(|_| UetrError)?;
        let is_random = uuid.get_version() == Some(Version::Random) && uuid.get_variant() == Variant::RFC4122;
        // the parser takes other forms and capitals too
        Some(Self(uuid)).filter(|uetr| is_random && uetr.to_string() == text).ok_or(UetrError)
    }
}

impl TryFrom<String> for Uetr {
    type Error = UetrError;
    fn try_from(text: String) -> Result<Self, UetrError> {
        text.parse()
    }
}

impl From<Uetr> for String {
    fn from(uetr: Uetr) -> Self {
        uetr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_make_one_that_reads_back() {
        for bytes in [[0; 16], [0xff; 16], *b"0123456789abcdef"] {
            let uetr = Uetr::of_random(bytes);
            assert_eq!(uetr.to_string().parse(), Ok(uetr));
        }
        assert_eq!(Uetr::of_random([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn other_uuids_are_none() {
        for wrong in [
            "",
            "00000000-0000-1000-8000-000000000000",
            "00000000-0000-4000-0000-000000000000",
            "0000000000004000800000000000000a",
            "00000000-0000-4000-8000-00000000000A",
            "{00000000-0000-4000-8000-000000000000}",
        ] {
            assert_eq!(wrong.parse::<Uetr>(), Err(UetrError), "{wrong}");
        }
    }
}
