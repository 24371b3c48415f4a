//! The ways between the hub's processes and the collectors: they lose, copy, delay, spoil and break.

use std::rc::Rc;

use bytes::Bytes;
use collectors::Silence;
use collectors::protocol::{self, Message};
use collectors::signature::SignatureError;

use crate::hub::Purpose;
use crate::random::Random;

/// How long the hub's client waits for an answer.
pub(crate) const ANSWER_WAIT_US: i64 = 30_000_000;
/// No message is older than this when it arrives; too old for its signature to count.
const LATENCY_US_MAX: i64 = 400_000_000;
/// Silences in a row that open a circuit, and how long it stays so.
const CIRCUIT_FAILURES_MAX: u32 = 5;
const CIRCUIT_PROBE_AFTER_US: i64 = 10_000_000;

/// How a broken way behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// Connections are refused: not a byte leaves.
    Refuses,
    /// Requests vanish.
    Swallows,
    /// Requests arrive, answers vanish.
    Mutes,
}

/// What goes wrong, in a thousand messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub lost: u64,
    pub copied: u64,
    pub slow: u64,
    pub spoiled: u64,
    pub unsent: u64,
}

impl Weather {
    pub const STORM: Self = Self { lost: 150, copied: 300, slow: 30, spoiled: 40, unsent: 20 };
    pub const FAIR: Self = Self { lost: 10, copied: 20, slow: 5, spoiled: 3, unsent: 2 };
    pub const CALM: Self = Self { lost: 0, copied: 0, slow: 0, spoiled: 0, unsent: 0 };

    /// From the sending of a message to its arrival.
    pub fn latency_us(&self, random: &mut Random) -> i64 {
        if random.per_mille(self.slow) {
            random.between(1_000_000, LATENCY_US_MAX)
        } else {
            random.between(2_000, 400_000)
        }
    }
}

/// The way to one collector.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    pub broken: Option<(Break, i64)>,
}

impl Way {
    /// How it is broken at this moment.
    pub fn broken_at(&self, now_us: i64) -> Option<Break> {
        self.broken.filter(|(_, until_us)| now_us < *until_us).map(|(how, _)| how)
    }
}

/// A process's circuit to one collector.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circuit {
    failures: u32,
    opened_us: i64,
    probing: bool,
}

impl Circuit {
    /// Whether a request may go, and as a probe.
    pub fn enter(&mut self, now_us: i64) -> Option<bool> {
        if self.failures < CIRCUIT_FAILURES_MAX {
            return Some(false);
        }
        if self.probing || now_us - self.opened_us < CIRCUIT_PROBE_AFTER_US {
            return None;
        }
        self.probing = true;
        Some(true)
    }

    pub fn report(&mut self, answered: bool, probe: bool, now_us: i64) {
        if probe {
            self.probing = false;
        }
        if answered {
            self.failures = 0;
        } else {
            self.failures += 1;
            self.opened_us = now_us;
        }
    }
}

/// An exchange that a process waits for.
pub(crate) struct Flight {
    pub node: usize,
    pub life: u32,
    pub collector: usize,
    pub request: Rc<Message>,
    pub probe: bool,
    pub purpose: Purpose,
}

/// A request on its way, with what its bytes say: that is read once, and not again by every side.
pub(crate) struct Request {
    pub message: Rc<Message>,
    pub bytes: Bytes,
}

impl Request {
    /// The bytes of a message.
    pub fn write(message: Message) -> Self {
        Self { bytes: Bytes::from(protocol::encode(&message)), message: Rc::new(message) }
    }

    /// What the bytes say, if they are a message.
    pub fn read(bytes: Bytes) -> Option<Self> {
        protocol::decode(&bytes).ok().map(|message| Self { message: Rc::new(message), bytes })
    }
}

/// What comes back on the way.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer(Bytes),
    Silence(Silence),
}

/// Makes an answer into something that does not count. What it answers has been done all the same.
pub(crate) fn spoil(answer: &Bytes, random: &mut Random) -> Reply {
    let text = || String::from_utf8_lossy(answer).into_owned();
    match random.below(7) {
        0 => Reply::Silence(Silence::Status(503)),
        1 => Reply::Silence(Silence::ConnectionLost),
        2 => Reply::Silence(Silence::Signature(SignatureError::Wrong)),
        3 => Reply::Silence(Silence::ContentType),
        4 => Reply::Answer(answer.slice(..answer.len() / 2)),
        // another request's answer
        5 => Reply::Answer(text().replacen("<Serial>0", "<Serial>9", 1).into()),
        _ => Reply::Answer(text().replace("Code>", "Cod>").into()),
    }
}
