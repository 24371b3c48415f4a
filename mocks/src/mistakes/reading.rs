//! Mistakes of a collector that reads more than the schema allows.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::{Mistake, between, with};

impl Mistake {
    /// The message as the mistaken collector understands it; what it records and compares is what came.
    pub(crate) fn understood(self, message: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(message) else { return message.to_vec() };
        let text = match self {
            Self::TakesAnyVersion => with(text, "Version", "1"),
            Self::TakesDaysThatAreNone => text.replace("-02-30<", "-02-28<").replace("-02-29<", "-02-28<"),
            Self::TakesAnyEntryKind => with(text, "EntryKind", "typed"),
            Self::TakesStrayBits => {
                let lenient = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
                let lenient = GeneralPurpose::new(&alphabet::STANDARD, lenient);
                let original = between(text, "Original").and_then(|text| lenient.decode(text).ok());
                original
                    .map_or_else(|| text.to_owned(), |bytes| with(text, "Original", &STANDARD.encode(bytes)))
            }
            _ => return message.to_vec(),
        };
        text.into_bytes()
    }
}
