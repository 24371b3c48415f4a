//! What happened, so that a violation can be told and two runs compared.

use std::collections::VecDeque;
use std::fmt;

use domain::Timestamp;

use crate::random::mix;

/// Notes of one payment at most: the first and the last tell the story.
const NOTES_MAX: usize = 60;

/// Things that are told where nobody in particular is concerned.
const RECENT_MAX: usize = 20;

/// One thing that happened to a payment.
#[derive(Clone, Copy, Debug)]
struct Note {
    at_us: i64,
    what: &'static str,
    first: i64,
    second: i64,
}

/// What happened last, to whomever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(VecDeque<(u64, Note)>);

impl Recent {
    pub fn add(&mut self, payment: u64, at_us: i64, what: &'static str, numbers: [i64; 2]) {
        if self.0.len() == RECENT_MAX {
            self.0.pop_front();
        }
        self.0.push_back((payment, Note { at_us, what, first: numbers[0], second: numbers[1] }));
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<String> {
        let line = |(payment, note): &(u64, Note)| match payment {
            0 => note.to_string(),
            payment => format!("{note}  (payment {payment})"),
        };
        self.0.iter().map(line).collect()
    }
}

/// What happened to one payment, or to one day of a collector, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    notes: Vec<Note>,
    left_out: usize,
}

impl Notes {
    fn add(&mut self, note: Note) {
        if self.notes.len() == NOTES_MAX {
            self.notes.remove(NOTES_MAX / 2);
            self.left_out += 1;
        }
        self.notes.push(note);
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.notes.iter().map(ToString::to_string).collect();
        if self.left_out > 0 {
            lines.insert(NOTES_MAX / 2, format!("({} lines are left out)", self.left_out));
        }
        lines
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Timestamp::from_micros(self.at_us).jst().format("%m-%d %H:%M:%S%.3f");
        write!(f, "{at}  {}", self.what)?;
        for number in [self.first, self.second] {
            if number != NOTHING {
                write!(f, " {number}")?;
            }
        }
        Ok(())
    }
}

/// Left out of a note's line.
pub(crate) const NOTHING: i64 = i64::MIN;

/// The digest of everything that happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest(u64);

impl Digest {
    pub fn value(self) -> u64 {
        self.0
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Adds what happened to nobody in particular.
    pub fn event(&mut self, at_us: i64, what: &str, numbers: [i64; 2]) {
        self.text(what);
        self.0 = mix(self.0, at_us.cast_unsigned());
        for number in numbers {
            self.0 = mix(self.0, number.cast_unsigned());
        }
    }

    /// Adds what happened to a payment, and tells the payment.
    pub fn note(&mut self, notes: &mut Notes, at_us: i64, what: &'static str, numbers: [i64; 2]) {
        self.event(at_us, what, numbers);
        notes.add(Note { at_us, what, first: numbers[0], second: numbers[1] });
    }
}
