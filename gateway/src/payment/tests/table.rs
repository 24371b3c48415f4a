//! Every state, every report, every timer: one line a case.
//!
//! Words: `accepted rejected a001 unsent silent` report on the newest delivery, `1:accepted` on the first
//! one; `crash` lets the lease run out; `sweep` is a look at open work; `manual` is an operator's resend, `cleared`
//! and `notcleared` the collector's word; `refund` pays it back; `+119s`, `@25T00:30:00`, `closed` set
//! the scene and say nothing. Each other word answers one word.

use domain::Date;

use super::{Report, Timestamp, Walk, Word, accepted, not_open, rejected, silent, time, unsent};

pub(super) fn report(word: &str) -> Report {
    match word {
        "accepted" => accepted(),
        "rejected" => rejected(),
        "a001" => not_open(),
        "unsent" => unsent(),
        "silent" => silent(),
        other => panic!("{other}"),
    }
}

fn run_from(held_at: Timestamp, clear_by: Option<Date>, script: &str) -> String {
    run(Walk::begin(held_at, clear_by), script)
}

pub(super) fn run(mut walk: Walk, script: &str) -> String {
    run_in(&mut walk, script)
}

pub(super) fn run_in(walk: &mut Walk, script: &str) -> String {
    let mut said = Vec::new();
    for word in script.split_whitespace() {
        if let Some(seconds) = word.strip_prefix('+').and_then(|w| w.strip_suffix('s')) {
            walk.now = walk.now.plus_seconds(seconds.parse().unwrap());
        } else if let Some(at) = word.strip_prefix('@') {
            walk.now = time(at);
        } else if word == "closed" {
            walk.collector_is_open = false;
        } else if word == "crash" {
            walk.lose_lease();
        } else if word == "sweep" {
            said.push(walk.sweep());
        } else if word == "manual" {
            said.push(walk.manual());
        } else if word == "cleared" {
            said.push(walk.decide(Word::Cleared));
        } else if word == "notcleared" {
            said.push(walk.decide(Word::NotCleared));
        } else if word == "refund" {
            said.push(walk.refund());
        } else if word == "cancel" {
            said.push(walk.cancel());
        } else if word == "cancelled" {
            said.push(walk.decide(Word::Cancelled));
        } else if word == "notcancelled" {
            said.push(walk.decide(Word::NotCancelled));
        } else if let Some((claim, word)) = word.split_once(':') {
            let claim = claim.parse::<usize>().unwrap() - 1;
            said.push(walk.report(walk.claims[claim], &report(word)));
        } else {
            said.push(walk.report(*walk.claims.last().unwrap(), &report(word)));
        }
    }
    said.join(" ")
}

pub(super) fn check(table: &[(&str, &str)], run: impl Fn(&str) -> String) {
    for (script, expected) in table {
        assert_eq!(run(script), *expected, "{script}");
    }
}

fn at_ten(script: &str) -> String {
    run_from(time("24T10:00:00"), None, script)
}

#[test]
#[rustfmt::skip]
fn the_first_delivery_comes_to_something() {
    check(&[
        ("accepted",                "accepted"),
        ("rejected",                "rejected"),
        ("a001",                    "held"),
        ("unsent",                  "held"),
        ("silent",                  "unknown"),
        ("sweep",                   "leased"),
        ("accepted sweep",          "accepted none"),
        ("rejected sweep",          "rejected none"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn only_what_is_accepted_is_paid_back_and_once() {
    check(&[
        ("accepted refund",                     "accepted refunded"),
        ("accepted refund refund sweep",        "accepted refunded impossible none"),
        ("refund",                              "impossible"),
        ("silent refund",                       "unknown impossible"),
        ("a001 refund",                         "held impossible"),
        ("rejected refund",                     "rejected impossible"),
        // whatever the collector says after it is for people
        ("silent sweep accepted refund 1:accepted",  "unknown resend accepted refunded late"),
        ("silent sweep accepted refund 1:rejected",  "unknown resend accepted refunded late"),
        ("silent sweep accepted refund 1:silent",    "unknown resend accepted refunded nothing"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn a_held_payment_is_sent_again_as_what_it_is() {
    check(&[
        // no byte left: still the first clearing
        ("unsent sweep",                        "held clearing"),
        ("unsent sweep unsent sweep",           "held clearing held clearing"),
        ("unsent sweep accepted",               "held clearing accepted"),
        ("unsent sweep rejected",               "held clearing rejected"),
        ("unsent sweep silent",                 "held clearing unknown"),
        ("unsent sweep a001 sweep",             "held clearing held resend"),
        // a byte left once: a resend for ever after
        ("a001 sweep",                          "held resend"),
        ("a001 sweep accepted",                 "held resend accepted"),
        ("a001 sweep rejected",                 "held resend rejected"),
        ("a001 sweep a001 sweep",               "held resend held resend"),
        ("a001 sweep unsent sweep",             "held resend held resend"),
        ("a001 sweep silent",                   "held resend unknown"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn an_unknown_outcome_is_ended_by_an_answer_only() {
    check(&[
        ("silent sweep",                        "unknown resend"),
        ("silent sweep accepted",               "unknown resend accepted"),
        ("silent sweep rejected",               "unknown resend rejected"),
        // "not applied" speaks for its own delivery, not for the first one
        ("silent sweep a001",                   "unknown resend unknown"),
        ("silent sweep unsent",                 "unknown resend unknown"),
        ("silent sweep silent",                 "unknown resend unknown"),
        ("silent sweep a001 sweep accepted",    "unknown resend unknown resend accepted"),
        ("silent sweep unsent sweep rejected",  "unknown resend unknown resend rejected"),
        ("unsent sweep silent sweep a001",      "held clearing unknown resend unknown"),
        ("silent +1000000s sweep",              "unknown none"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn a_sender_that_died_leaves_the_outcome_unknown() {
    check(&[
        ("crash sweep",                         "resend"),
        ("crash sweep accepted",                "resend accepted"),
        ("crash sweep a001",                    "resend unknown"),
        ("crash sweep unsent +120s sweep",      "resend unknown resend"),
        ("crash +120s sweep",                   "resend"),
        ("crash closed sweep",                  "resend"),
        ("unsent sweep crash +120s sweep",      "held clearing resend"),
        ("silent sweep crash sweep",            "unknown resend resend"),
        ("silent sweep crash sweep rejected",   "unknown resend resend rejected"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn a_late_answer_counts_while_nobody_has_taken_over() {
    check(&[
        ("crash 1:accepted sweep",              "accepted none"),
        ("crash 1:unsent sweep",                "held clearing"),
        ("crash sweep 1:accepted",              "resend fenced"),
        ("crash sweep 1:rejected",              "resend fenced"),
        ("crash sweep 1:unsent",                "resend fenced"),
        ("crash sweep 1:silent accepted",       "resend fenced accepted"),
        ("crash sweep accepted 1:accepted",     "resend accepted nothing"),
        ("crash sweep accepted 1:silent",       "resend accepted nothing"),
        ("crash sweep accepted 1:a001",         "resend accepted nothing"),
        ("crash sweep rejected 1:rejected",     "resend rejected nothing"),
        // a collector that contradicts itself
        ("crash sweep rejected 1:accepted",     "resend rejected late"),
        ("crash sweep accepted 1:rejected",     "resend accepted late"),
        ("crash sweep accepted 1:rejected 1:rejected 1:accepted", "resend accepted late late nothing"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn a_hold_is_released_when_nothing_may_be_sent_any_more() {
    check(&[
        ("unsent +119s sweep",                  "held clearing"),
        ("unsent +120s sweep",                  "held voided"),
        ("unsent +120s sweep sweep",            "held voided none"),
        ("unsent closed sweep",                 "held voided"),
        ("unsent sweep unsent +120s sweep",     "held clearing held voided"),
        // bytes had left: never
        ("a001 +120s sweep",                    "held unknown"),
        ("a001 +120s sweep sweep accepted",     "held unknown resend accepted"),
        ("a001 closed sweep",                   "held unknown"),
        ("a001 sweep unsent +120s sweep",       "held resend held unknown"),
        ("silent +120s sweep",                  "unknown resend"),
        ("silent closed sweep",                 "unknown resend"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn at_midnight_the_last_day_for_clearing_is_over() {
    let table = [
        ("unsent @24T23:59:59 sweep",           "held clearing"),
        ("unsent @25T00:00:00 sweep",           "held voided"),
        ("a001 @25T00:00:00 sweep sweep",       "held unknown resend"),
    ];
    let today = time("24T00:00:00").date();
    for clear_by in [None, Some(today), today.succ_opt()] {
        check(&table, |script| run_from(time("24T23:59:30"), clear_by, script));
    }
    // a bill whose last day was before it was held cannot be sent at all
    let passed = run_from(time("24T10:00:00"), today.pred_opt(), "unsent sweep");
    assert_eq!(passed, "held voided");
}

#[test]
#[rustfmt::skip]
fn nothing_is_resent_from_half_past_midnight_and_one_second() {
    check(&[
        ("silent @25T00:30:00 sweep",                       "unknown resend"),
        ("silent @25T00:30:01 sweep",                       "unknown none"),
        ("silent @26T10:00:00 sweep 1:accepted",            "unknown none accepted"),
        ("silent @25T00:30:00 sweep @25T00:30:01 accepted", "unknown resend accepted"),
        ("silent @25T00:30:00 sweep @25T00:30:01 silent sweep", "unknown resend unknown none"),
        ("crash @25T00:30:00 sweep",                        "resend"),
        ("crash @25T00:30:01 sweep sweep",                  "unknown none"),
        ("crash @25T00:30:01 sweep 1:accepted",             "unknown accepted"),
        ("a001 @25T00:30:01 sweep sweep",                   "held unknown none"),
        ("unsent @25T00:30:01 sweep",                       "held voided"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn a_step_of_the_clock_changes_what_is_due_and_nothing_that_was_done() {
    check(&[
        // set forward over the end of automatic repeats, and back again
        ("silent @25T00:30:01 sweep @25T00:30:00 sweep",    "unknown none resend"),
        ("silent @26T10:00:00 sweep @24T10:00:00 sweep accepted", "unknown none resend accepted"),
        // set back before the hold: nothing has waited too long
        ("unsent @24T09:00:00 sweep",                       "held clearing"),
        ("silent @23T10:00:00 sweep accepted",              "unknown resend accepted"),
        // a hold that was released stays so
        ("unsent @25T00:00:00 sweep @24T10:00:00 sweep",    "held voided none"),
        // what may have been sent is not voided, however far the clock goes
        ("a001 @26T10:00:00 sweep @24T10:00:00 sweep",      "held unknown resend"),
        ("crash @26T10:00:00 sweep @24T10:00:00 sweep",     "unknown resend"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn an_operator_resends_what_is_unknown_at_any_hour() {
    check(&[
        ("silent manual accepted",              "unknown resend accepted"),
        ("silent manual silent manual",         "unknown resend unknown resend"),
        ("silent @25T00:30:01 sweep manual accepted",  "unknown none resend accepted"),
        ("silent @26T10:00:00 sweep manual silent sweep manual", "unknown none resend unknown none resend"),
        ("silent @26T10:00:00 manual crash sweep manual", "unknown resend none resend"),
        // not beside another delivery, and nothing else but the unknown
        ("silent sweep manual",                 "unknown resend delivering"),
        ("silent manual sweep",                 "unknown resend leased"),
        ("manual",                              "not_unknown"),
        ("a001 manual",                         "held not_unknown"),
        ("accepted manual",                     "accepted over"),
        ("rejected manual",                     "rejected over"),
        // it fences out whoever held the claim before
        ("silent manual 1:accepted accepted",   "unknown resend fenced accepted"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn the_collectors_word_ends_what_is_unknown() {
    check(&[
        ("silent cleared",                      "unknown accepted"),
        ("silent cleared sweep",                "unknown accepted none"),
        ("silent sweep cleared",                "unknown resend accepted"),
        ("silent +394s notcleared",             "unknown too_soon"),
        ("silent +395s notcleared",             "unknown rejected"),
        ("silent +395s notcleared sweep",       "unknown rejected none"),
        ("silent +395s sweep notcleared",       "unknown resend delivering"),
        ("silent sweep crash notcleared",       "unknown resend too_soon"),
        ("silent sweep crash +395s notcleared", "unknown resend rejected"),
        ("silent +300s sweep silent +30s notcleared",  "unknown resend unknown too_soon"),
        ("silent @26T10:00:00 notcleared",      "unknown rejected"),
        // nothing else can be decided
        ("cleared",                             "not_unknown"),
        ("notcleared",                          "not_unknown"),
        ("a001 cleared",                        "held not_unknown"),
        ("unsent cleared",                      "held not_unknown"),
        ("accepted cleared",                    "accepted over"),
        ("silent cleared notcleared",           "unknown accepted over"),
    ], at_ten);
}

#[test]
#[rustfmt::skip]
fn an_answer_after_the_word_moves_nothing() {
    check(&[
        ("silent cleared accepted",             "unknown accepted nothing"),
        ("silent cleared rejected",             "unknown accepted late"),
        ("silent cleared silent",               "unknown accepted nothing"),
        ("silent sweep cleared accepted 1:accepted",   "unknown resend accepted nothing nothing"),
        ("silent +395s notcleared accepted",    "unknown rejected late"),
        ("silent +395s notcleared rejected",    "unknown rejected nothing"),
        ("silent +395s notcleared a001",        "unknown rejected nothing"),
        ("silent +395s notcleared accepted accepted",  "unknown rejected late late"),
    ], at_ten);
}
