//! What goes wrong on the hub's side of the wire, where somebody has asked for it.

use std::time::Duration;

use collectors::protocol::Body;
use domain::words;
use serde::{Deserialize, Serialize};

/// Rules of one collector at most.
pub const RULES_MAX: usize = 20;
/// Times that one rule strikes at most.
pub const TIMES_MAX: u32 = 1_000;
/// How long a message that is to be overtaken waits at most.
pub const OVERTAKEN_WAIT: Duration = Duration::from_secs(10);
/// How late a message comes: within the hub's 30 seconds.
pub const LATE: Duration = Duration::from_secs(5);

words! {
    /// What goes wrong.
    Mode {
        /// It is held back for a while.
        Late = "late", "comes 5 seconds late";
        /// Two copies of it, one right after the other.
        Repeated = "repeated", "comes twice at once";
        /// It waits until another message has gone by.
        Reordered = "reordered", "is overtaken by the next message (waits 10 seconds at most)";
        /// It never leaves.
        LostBefore = "lost_before", "is lost on its way: your collector never sees it";
        /// It arrives, and its answer does not.
        LostAfter = "lost_after", "arrives, and your answer is lost after its effect";
    }
}

words! {
    /// Which messages are struck.
    Target {
        /// Whatever comes.
        Any = "any", "any message";
        /// 照会.
        Inquiry = "inquiry", "Inquiry (照会)";
        /// 消込, as it is sent first.
        Clearing = "clearing", "Clearing (消込), the first sending";
        /// 再送確認.
        ResendConfirmation = "resend_confirmation", "ResendConfirmation (再送確認)";
        /// 取消.
        Cancellation = "cancellation", "Cancellation (取消)";
        /// Everything about a day, counters, lines and settlement.
        Day = "day", "Open, PreClose, Close, Counter, Lines, SettlementAdvice";
    }
}

impl Target {
    fn meets(self, body: &Body) -> bool {
        match self {
            Self::Any => true,
            Self::Inquiry => matches!(body, Body::Inquiry(_)),
            Self::Clearing => matches!(body, Body::Clearing(_)),
            Self::ResendConfirmation => matches!(body, Body::ResendConfirmation(_)),
            Self::Cancellation => matches!(body, Body::Cancellation(_)),
            Self::Day => !matches!(
                body,
                Body::Inquiry(_) | Body::Clearing(_) | Body::ResendConfirmation(_) | Body::Cancellation(_)
            ),
        }
    }
}

/// A rule: the next so many messages that it meets go wrong in its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How.
    pub mode: Mode,
    /// Which messages.
    #[serde(default = "any")]
    pub on: Target,
    /// How many are left to be struck.
    #[serde(default = "once")]
    pub times: u32,
}

const fn any() -> Target {
    Target::Any
}

const fn once() -> u32 {
    1
}

impl Rule {
    /// Whether its numbers are within their bounds.
    pub fn is_bounded(&self) -> bool {
        (1..=TIMES_MAX).contains(&self.times)
    }
}

/// Takes what the first rule that meets a message does to it; a rule that is used up goes.
pub fn strike(rules: &mut Vec<Rule>, body: &Body) -> Option<Mode> {
    let at = rules.iter().position(|rule| rule.on.meets(body))?;
    let rule = rules.get_mut(at)?;
    let mode = rule.mode;
    rule.times = rule.times.saturating_sub(1);
    if rule.times == 0 {
        rules.remove(at);
    }
    Some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clearing() -> Body {
        let text = include_bytes!("../../../docs/protocol/examples/clearing.xml");
        collectors::protocol::decode(text.trim_ascii_end()).unwrap().body
    }

    #[test]
    fn the_first_rule_that_meets_a_message_strikes_until_it_is_used_up() {
        let rule = |mode, on, times| Rule { mode, on, times };
        let mut rules = vec![
            rule(Mode::Late, Target::Inquiry, 9),
            rule(Mode::LostAfter, Target::Clearing, 2),
            rule(Mode::Repeated, Target::Any, 1),
        ];
        let mut struck = || strike(&mut rules, &clearing());
        assert_eq!(struck(), Some(Mode::LostAfter));
        assert_eq!(struck(), Some(Mode::LostAfter));
        assert_eq!(struck(), Some(Mode::Repeated));
        assert_eq!(struck(), None);
        assert_eq!(rules, [rule(Mode::Late, Target::Inquiry, 9)]);
    }

    #[test]
    fn a_rule_is_read_with_what_it_leaves_out_and_bounded() {
        let rule: Rule = serde_json::from_str("{\"mode\": \"late\"}").unwrap();
        assert_eq!((rule.on, rule.times), (Target::Any, 1));
        assert!(serde_json::from_str::<Rule>("{\"mode\": \"late\", \"x\": 1}").is_err());
        for (times, fits) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
            assert_eq!(Rule { times, ..rule }.is_bounded(), fits, "{times}");
        }
    }

    #[test]
    fn words_of_forms_are_those_of_json() {
        for mode in Mode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
            assert_eq!(mode.as_str().parse(), Ok(*mode));
        }
        for target in Target::ALL {
            assert_eq!(serde_json::to_value(target).unwrap(), target.as_str());
        }
    }
}
