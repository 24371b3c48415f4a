//! The code a token shows: RFC 6238 over HMAC-SHA-1, six digits, a step of 60 seconds.

use std::fmt;

use domain::Timestamp;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

/// Seconds during which a token shows one code (R51).
pub const STEP_S: u64 = 60;
/// Digits of a code.
pub const CODE_DIGITS: u8 = 6;
/// Bytes of a token's secret, as RFC 4226 recommends.
pub const SEED_BYTES: usize = 20;
/// Characters of a typed code that are read at most.
const TYPED_CHARS_MAX: usize = 40;

/// A token's secret. Wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; SEED_BYTES]>);

/// The secret never reaches a log line.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(redacted)")
    }
}

/// The number of a 60-second interval since 1970: with the serial, the name of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(u64);

impl Step {
    /// The step at an instant of business time.
    pub fn at(now: Timestamp) -> Self {
        Self(u64::try_from(now.seconds()).unwrap_or_default() / STEP_S)
    }

    /// The step's number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The step's number for the database, which counts in signed integers.
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// The one before; the first is its own.
    const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl Seed {
    /// From the bytes that the token's maker delivered.
    pub fn new(bytes: [u8; SEED_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new secret.
    pub fn generate() -> Self {
        Self::new(domain::random::bytes())
    }

    /// The bytes, for sealing.
    pub(super) fn bytes(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// What the token shows during `step`.
    pub fn code(&self, step: Step) -> String {
        let time = step.0.saturating_mul(STEP_S);
        self.totp().map(|totp| totp.generate(time).to_string()).unwrap_or_default()
    }

    /// The step whose code was typed: this one or the one before (a person needs time to type). Full-width
    /// digits and spaces are accepted. Both steps are compared whole, whatever the first gave.
    pub fn step_typed(&self, typed: &str, now: Timestamp) -> Option<Step> {
        let typed = code_typed(typed)?;
        let current = Step::at(now);
        let is_current = self.is_code(&typed, current);
        let is_previous = self.is_code(&typed, current.previous());
        let step = u64::conditional_select(&current.previous().0, &current.0, is_current);
        bool::from(is_current | is_previous).then_some(Step(step))
    }

    /// The steps of two codes that the token showed one after the other, the later of them now or in the minute before
    /// (R68): whoever has them has held the token for a change of its display.
    pub fn steps_typed(&self, first: &str, second: &str, now: Timestamp) -> Option<(Step, Step)> {
        let first = code_typed(first)?;
        let later = self.step_typed(second, now)?;
        let earlier = later.previous();
        let is_earlier = earlier < later && bool::from(self.is_code(&first, earlier));
        is_earlier.then_some((earlier, later))
    }

    fn is_code(&self, typed: &str, step: Step) -> Choice {
        self.code(step).as_bytes().ct_eq(typed.as_bytes())
    }

    /// `None` never happens: the parameters are constants that the crate accepts, which a test asserts.
    fn totp(&self) -> Option<Totp> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(CODE_DIGITS)
            .with_step_duration(STEP_S)
            .with_skew(0)
            .with_secret(Secret::new_stack(*self.0))
            .build()
            .ok()
    }
}

/// Six digits as people type them: full-width ones, spaces and hyphens are accepted.
fn code_typed(typed: &str) -> Option<String> {
    let typed = Some(typed).filter(|t| t.chars().count() <= TYPED_CHARS_MAX)?;
    domain::numbers::digits_typed(typed, usize::from(CODE_DIGITS), usize::from(CODE_DIGITS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// RFC 4226 appendix D lists the codes of this secret for the counters 0 to 9.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let listed = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583"];
        for (step, code) in listed.iter().enumerate() {
            assert_eq!(seed().code(Step(u64::try_from(step).unwrap())), *code, "step {step}");
        }
    }

    /// Proves SEC-11.
    #[test]
    fn a_code_holds_for_its_minute_and_the_next_one() {
        let code = seed().code(Step(1));
        assert_eq!(seed().step_typed(&code, at(59)), None, "one second before its minute");
        assert_eq!(seed().step_typed(&code, at(60)), Some(Step(1)));
        assert_eq!(seed().step_typed(&code, at(119)), Some(Step(1)));
        assert_eq!(seed().step_typed(&code, at(179)), Some(Step(1)), "the last second of the next minute");
        assert_eq!(seed().step_typed(&code, at(180)), None);
    }

    /// Codes of the steps 0 to 3 are 755224, 287082, 359152 and 969429.
    #[test]
    fn two_codes_in_a_row_are_of_two_steps_that_follow_each_other() {
        let both = |first, second, now| seed().steps_typed(first, second, at(now));
        let found = Some((Step(1), Step(2)));
        assert_eq!(both("287082", "359152", 120), found);
        assert_eq!(both("２８７ ０８２", "359-152", 179), found, "as people type");
        assert_eq!(both("287082", "359152", 239), found, "the minute after the second one");
        assert_eq!(both("287082", "359152", 240), None, "too late");
        assert_eq!(both("287082", "359152", 119), None, "the second is not shown yet");
        assert_eq!(both("359152", "359152", 120), None, "the same twice");
        assert_eq!(both("359152", "287082", 120), None, "the wrong way round");
        assert_eq!(both("755224", "359152", 120), None, "one is left out");
        assert_eq!(both("755224", "755224", 0), None, "there is none before the first");
        assert_eq!(both("", "359152", 120), None);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let now = at(60);
        for typed in ["287082", "287 082", "２８７０８２", " 287-082 "] {
            assert_eq!(seed().step_typed(typed, now), Some(Step(1)), "{typed}");
        }
        for typed in ["", "28708", "2870820", "28708a", "+87082", &"2".repeat(4000)] {
            assert_eq!(seed().step_typed(typed, now), None, "{typed}");
        }
    }

    #[test]
    fn another_seed_shows_other_codes_and_no_seed_is_printed() {
        let (a, b) = (Seed::generate(), Seed::generate());
        assert_ne!(a.bytes(), b.bytes());
        assert_eq!(format!("{a:?}"), "Seed(redacted)");
    }
}
