//! The token devices of the demo: what each shows. With a reading of RFC 6238 of its own, so that a mistake of the
//! bank's is not cancelled out.

use std::fmt;

use ring::hmac;

/// Seconds during which a device shows one code.
pub(crate) const STEP_S: i64 = 60;
/// Six digits.
const MODULUS: u32 = 1_000_000;

/// A device.
#[derive(Clone)]
pub struct Device {
    /// The number on its back.
    pub serial: String,
    /// In whose pocket it is.
    pub label: String,
    /// The secret in it.
    pub seed: [u8; 20],
}

/// The secret never reaches a log line.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl Device {
    /// What it shows at a second since 1970.
    pub fn code_at(&self, seconds: i64) -> String {
        let counter = u64::try_from(seconds.div_euclid(STEP_S)).unwrap_or_default();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.seed);
        let digest = hmac::sign(&key, &counter.to_be_bytes());
        // RFC 4226, 5.3: the last four bits say where the number begins
        let digest = digest.as_ref();
        let offset = usize::from(digest.last().copied().unwrap_or_default() & 0x0f);
        let number = digest.iter().skip(offset).take(4).fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % MODULUS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226 appendix D.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let seed = *b"12345678901234567890";
        let device = Device { serial: "1".to_owned(), label: String::new(), seed };
        let listed = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583"];
        for (step, code) in (0..).zip(listed) {
            assert_eq!(device.code_at(step * STEP_S), code, "step {step}");
            assert_eq!(device.code_at(step * STEP_S + STEP_S - 1), code, "the last second of step {step}");
        }
        assert!(!format!("{device:?}").contains("49"), "{device:?}");
    }
}
