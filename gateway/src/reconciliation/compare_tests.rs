use proptest::prelude::*;

use super::*;

fn serial(number: u32) -> Serial {
    Serial::new(number).unwrap()
}

/// What a payment in this state has in the ledger.
fn right(state: State, amount: Yen) -> Posting {
    let went_back = matches!(state, State::Cancelled | State::Refunded);
    let posted = (state.is_paid() || went_back).then_some(amount);
    Posting {
        held: Some(amount),
        posted,
        voided: matches!(state, State::Rejected | State::Voided),
        returned: if went_back { amount } else { Yen::ZERO },
    }
}

fn item(number: u32, state: State, amount: i64) -> HubItem {
    let amount = Yen::new(amount);
    HubItem {
        payment: PaymentId::generate(),
        serial: serial(number),
        state,
        amount,
        provisional: false,
        bill: format!("bill {number}"),
        posting: right(state, amount),
        cancelling: false,
        moved: false,
    }
}

fn line(number: u32, status: LineStatus, amount: i64) -> Line {
    Line { serial: serial(number), status, amount: Yen::new(amount) }
}

/// Counters that are the sum of the lines; a cancelled one was cleared before.
fn counters_of(lines: &[Line]) -> Counters {
    let totals = LineTotals::of(lines);
    let mut cleared = totals.cleared;
    for line in lines.iter().filter(|line| line.status == LineStatus::Cancelled) {
        count(&mut cleared, line.amount);
    }
    Counters { cleared, provisional: totals.provisional, cancelled: totals.cancelled }
}

fn compared(hub: &[HubItem], lines: &[Line]) -> Comparison {
    compare(hub, lines, Some(counters_of(lines)))
}

/// The one word of a serial, and the yen by which the sides differ.
fn word(hub: Option<HubItem>, lines: &[Line]) -> String {
    let hub: Vec<_> = hub.into_iter().collect();
    let comparison = compared(&hub, lines);
    match comparison.differences.as_slice() {
        [] => {
            assert_eq!(comparison.matched, 1);
            "matched".to_owned()
        }
        [one] => {
            assert_eq!(comparison.matched, 0);
            let (class, advice) = (one.class.as_str(), one.facts.advice.as_str());
            format!("{class} {advice} {}", one.difference.get())
        }
        more => panic!("{more:?}"),
    }
}

/// Walks every state against every status, so that a new one must be placed on purpose.
#[test]
fn every_pair_has_its_class() {
    let mut table = Vec::new();
    let states = [
        State::Held,
        State::Sending,
        State::Unknown,
        State::Accepted,
        State::Settled,
        State::Cancelled,
        State::Rejected,
        State::Voided,
        State::Refunded,
    ];
    let statuses = LineStatus::ALL.map(Some).into_iter().chain([None]);
    for status in statuses {
        for state in states {
            let lines: Vec<_> = status.map(|status| line(1, status, 100)).into_iter().collect();
            let there = status.map_or("nothing", LineStatus::as_str);
            table.push(format!("{state} here, {there} there: {}", word(Some(item(1, state, 100)), &lines)));
        }
        if let Some(status) = status {
            let there = status.as_str();
            table.push(format!("nothing here, {there} there: {}", word(None, &[line(1, status, 100)])));
        }
    }
    assert_eq!(
        table,
        [
            "held here, cleared there: carried_forward await_outcome 100",
            "sending here, cleared there: carried_forward await_outcome 100",
            "unknown here, cleared there: carried_forward await_outcome 100",
            "accepted here, cleared there: matched",
            "settled here, cleared there: matched",
            "cancelled here, cleared there: conflicting cancel_there 100",
            "rejected here, cleared there: conflicting undo_there 100",
            "voided here, cleared there: conflicting undo_there 100",
            "refunded here, cleared there: conflicting undo_there 100",
            "nothing here, cleared there: missing_here undo_there 100",
            "held here, provisional there: carried_forward await_outcome 100",
            "sending here, provisional there: carried_forward await_outcome 100",
            "unknown here, provisional there: carried_forward await_outcome 100",
            "accepted here, provisional there: matched",
            "settled here, provisional there: matched",
            "cancelled here, provisional there: conflicting cancel_there 100",
            "rejected here, provisional there: conflicting undo_there 100",
            "voided here, provisional there: conflicting undo_there 100",
            "refunded here, provisional there: conflicting undo_there 100",
            "nothing here, provisional there: missing_here undo_there 100",
            "held here, refused there: carried_forward await_outcome 0",
            "sending here, refused there: carried_forward await_outcome 0",
            "unknown here, refused there: carried_forward await_outcome 0",
            "accepted here, refused there: conflicting record_there -100",
            "settled here, refused there: conflicting record_there -100",
            "cancelled here, refused there: conflicting record_there 0",
            "rejected here, refused there: matched",
            "voided here, refused there: conflicting undo_there 0",
            "refunded here, refused there: matched",
            "nothing here, refused there: missing_here undo_there 0",
            "held here, cancelled there: carried_forward await_outcome 0",
            "sending here, cancelled there: carried_forward await_outcome 0",
            "unknown here, cancelled there: carried_forward await_outcome 0",
            "accepted here, cancelled there: conflicting record_there -100",
            "settled here, cancelled there: conflicting record_there -100",
            "cancelled here, cancelled there: matched",
            "rejected here, cancelled there: conflicting undo_there 0",
            "voided here, cancelled there: conflicting undo_there 0",
            "refunded here, cancelled there: matched",
            "nothing here, cancelled there: missing_here undo_there 0",
            "held here, nothing there: carried_forward await_outcome 0",
            "sending here, nothing there: carried_forward await_outcome 0",
            "unknown here, nothing there: carried_forward await_outcome 0",
            "accepted here, nothing there: missing_there record_there -100",
            "settled here, nothing there: missing_there record_there -100",
            "cancelled here, nothing there: missing_there record_there 0",
            "rejected here, nothing there: matched",
            "voided here, nothing there: matched",
            "refunded here, nothing there: matched",
        ]
    );
}

#[test]
fn another_amount_is_a_difference_of_exactly_that() {
    let differs = |state, status, there| word(Some(item(1, state, 100)), &[line(1, status, there)]);
    assert_eq!(differs(State::Accepted, LineStatus::Cleared, 101), "amount_differs correct_amount 1");
    assert_eq!(differs(State::Settled, LineStatus::Provisional, 99), "amount_differs correct_amount -1");
    assert_eq!(differs(State::Cancelled, LineStatus::Cancelled, 99), "amount_differs correct_amount 0");
    assert_eq!(differs(State::Rejected, LineStatus::Refused, 99), "matched", "no money on either side");
}

#[test]
fn the_same_key_twice_is_a_duplicate() {
    let twice = [line(1, LineStatus::Cleared, 100), line(1, LineStatus::Cleared, 100)];
    assert_eq!(word(Some(item(1, State::Accepted, 100)), &twice), "duplicate undo_duplicate 100");
}

/// The guard lets a bill be paid again after a rejection; the collector has cleared both all the same.
#[test]
fn the_same_bill_twice_is_a_duplicate_of_the_one_that_was_paid() {
    let bill = |number, state| HubItem { bill: "the same".to_owned(), ..item(number, state, 100) };
    let lines = [line(1, LineStatus::Cleared, 100), line(2, LineStatus::Cleared, 100)];
    let comparison = compared(&[bill(1, State::Rejected), bill(2, State::Accepted)], &lines);
    let [one] = comparison.differences.as_slice() else { panic!("{comparison:?}") };
    assert_eq!((one.class, one.subject), (BreakClass::Duplicate, Subject::Serial(serial(1))));
    assert_eq!(one.difference, Yen::new(100));
    let refused = [line(1, LineStatus::Refused, 100), line(2, LineStatus::Cleared, 100)];
    let comparison = compared(&[bill(1, State::Rejected), bill(2, State::Accepted)], &refused);
    assert_eq!((comparison.matched, comparison.differences.len()), (2, 0));
}

#[test]
fn a_ledger_that_is_not_what_the_payment_says_is_a_conflict() {
    let amount = Yen::new(100);
    let with = |state, posting| word(Some(HubItem { posting, ..item(1, state, 100) }), &[]);
    let cleared = |posting| {
        let hub = HubItem { posting, ..item(1, State::Accepted, 100) };
        word(Some(hub), &[line(1, LineStatus::Cleared, 100)])
    };
    let accepted = right(State::Accepted, amount);
    let conflict = "conflicting check_ledger 0";
    assert_eq!(cleared(Posting { posted: None, ..accepted }), conflict);
    assert_eq!(cleared(Posting { posted: Some(Yen::new(99)), ..accepted }), conflict);
    assert_eq!(cleared(Posting { held: None, ..accepted }), conflict);
    assert_eq!(cleared(Posting { returned: amount, ..accepted }), conflict);
    assert_eq!(with(State::Rejected, Posting { voided: false, ..right(State::Rejected, amount) }), conflict);
    assert_eq!(with(State::Unknown, accepted), conflict, "posted without an answer");
    let cancelled = Posting { returned: Yen::new(99), ..right(State::Cancelled, amount) };
    assert_eq!(with(State::Cancelled, cancelled), conflict);
}

#[test]
fn a_cancellation_without_an_outcome_is_carried_forward() {
    let cancelling = || HubItem { cancelling: true, ..item(1, State::Accepted, 100) };
    let with = |status| word(Some(cancelling()), &[line(1, status, 100)]);
    assert_eq!(with(LineStatus::Cleared), "carried_forward await_outcome 0");
    assert_eq!(with(LineStatus::Cancelled), "carried_forward await_outcome -100");
}

/// A payment that waits keeps its day unfinished, also where there is more to say of it.
#[test]
fn what_has_no_outcome_is_unsettled_whatever_its_class() {
    let twice = [line(1, LineStatus::Cleared, 100), line(1, LineStatus::Cleared, 100)];
    let unsettled = |item: HubItem, lines: &[Line]| {
        let comparison = compared(&[item], lines);
        (comparison.differences.first().map(|d| d.class), comparison.unsettled)
    };
    let unknown = || item(1, State::Unknown, 100);
    assert_eq!(unsettled(unknown(), &[]), (Some(BreakClass::CarriedForward), 1));
    assert_eq!(unsettled(unknown(), &twice), (Some(BreakClass::Duplicate), 1));
    let posted = HubItem { posting: right(State::Accepted, Yen::new(100)), ..unknown() };
    assert_eq!(unsettled(posted, &[]), (Some(BreakClass::Conflicting), 1));
    let moved = HubItem { moved: true, ..item(1, State::Accepted, 100) };
    assert_eq!(unsettled(moved, &[]), (Some(BreakClass::CarriedForward), 1));
    assert_eq!(unsettled(item(1, State::Accepted, 100), &[]), (Some(BreakClass::MissingThere), 0));
}

#[test]
fn what_changed_while_the_collector_was_asked_is_no_break_yet() {
    let moved = |state| HubItem { moved: true, ..item(1, state, 100) };
    assert_eq!(word(Some(moved(State::Accepted)), &[]), "carried_forward await_outcome -100");
    assert_eq!(word(Some(moved(State::Accepted)), &[line(1, LineStatus::Cleared, 100)]), "matched");
}

#[test]
fn counters_that_are_not_the_sum_of_the_lines_are_a_break_of_their_own() {
    let hub = [item(1, State::Accepted, 100)];
    let lines = [line(1, LineStatus::Cleared, 100)];
    let right = counters_of(&lines);
    assert!(compare(&hub, &lines, Some(right)).differences.is_empty());
    assert!(compare(&hub, &lines, None).differences.is_empty(), "they did not stand still");
    let wrong = |change: fn(&mut Counters)| {
        let mut counters = right;
        change(&mut counters);
        let comparison = compare(&hub, &lines, Some(counters));
        assert_eq!(comparison.matched, 1);
        let [one] = comparison.differences.as_slice() else { panic!("{comparison:?}") };
        assert_eq!((one.class, one.subject), (BreakClass::AmountDiffers, Subject::Counters));
        one.difference.get()
    };
    assert_eq!(wrong(|c| c.cleared.amount = Yen::new(200)), 100);
    assert_eq!(wrong(|c| c.cleared.count = 2), 0);
    assert_eq!(wrong(|c| std::mem::swap(&mut c.cleared, &mut c.provisional)), 0, "provisional instead");
    assert_eq!(wrong(|c| count(&mut c.cancelled, Yen::new(100))), -100);
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(vec![
        State::Held,
        State::Sending,
        State::Unknown,
        State::Accepted,
        State::Settled,
        State::Cancelled,
        State::Rejected,
        State::Voided,
        State::Refunded,
    ])
}

fn hub_item() -> impl Strategy<Value = HubItem> {
    (1u32..12, state(), 1i64..200, any::<bool>(), 0u32..6, any::<(bool, bool)>()).prop_map(
        |(number, state, amount, provisional, bill, (cancelling, moved))| HubItem {
            provisional,
            bill: bill.to_string(),
            cancelling: cancelling && state == State::Accepted,
            moved,
            ..item(number, state, amount)
        },
    )
}

fn some_lines() -> impl Strategy<Value = Vec<Line>> {
    let status = prop::sample::select(LineStatus::ALL.as_slice());
    let line =
        (1u32..12, status, 1i64..200).prop_map(|(number, status, amount)| line(number, status, amount));
    prop::collection::vec(line, 0..20)
}

fn some_items() -> impl Strategy<Value = Vec<HubItem>> {
    prop::collection::vec(hub_item(), 0..12).prop_map(|mut items| {
        items.sort_by_key(|item| item.serial);
        items.dedup_by_key(|item| item.serial);
        items
    })
}

proptest! {
    /// To the yen: what the sides' sums differ by is what the breaks say, each serial once.
    #[test]
    fn the_differences_add_up(hub in some_items(), lines in some_lines(), counted in any::<bool>()) {
        let counters = if counted { counters_of(&lines) } else { Counters::default() };
        let comparison = compare(&hub, &lines, Some(counters));
        let totals = comparison.totals;
        let of = |subject: fn(&Subject) -> bool| -> i64 {
            comparison.differences.iter().filter(|d| subject(&d.subject)).map(|d| d.difference.get()).sum()
        };
        let lines_less_hub = totals.lines.net().get() - net(&totals.hub).get();
        prop_assert_eq!(of(|s| matches!(s, Subject::Serial(_))), lines_less_hub);
        let counters_less_lines = net(&counters).get() - totals.lines.net().get();
        prop_assert_eq!(of(|s| *s == Subject::Counters), counters_less_lines);

        let mut serials: Vec<_> = hub.iter().map(|i| i.serial).chain(lines.iter().map(|l| l.serial)).collect();
        serials.sort_unstable();
        serials.dedup();
        let mut named: Vec<_> = comparison.differences.iter().map(|d| d.subject).collect();
        let all = named.len();
        named.dedup();
        prop_assert_eq!(named.len(), all, "named twice");
        let broken = named.iter().filter(|s| matches!(s, Subject::Serial(_))).count();
        prop_assert_eq!(usize::try_from(comparison.matched).unwrap() + broken, serials.len());
    }

    /// Where nothing differs, all four sums are the same, and no payment is without an outcome.
    #[test]
    fn a_day_without_a_break_ties_out(hub in some_items(), lines in some_lines()) {
        let counters = counters_of(&lines);
        let comparison = compare(&hub, &lines, Some(counters));
        if comparison.differences.is_empty() {
            let totals = comparison.totals;
            prop_assert_eq!(net(&totals.hub), totals.ledger);
            prop_assert_eq!(net(&totals.hub), totals.lines.net());
            prop_assert_eq!(net(&totals.hub), net(&counters));
            prop_assert!(hub.iter().all(|item| !item.state.is_open() && !item.cancelling));
        }
    }

    /// A collector that did what the hub believes leaves nothing to explain, whatever the hub holds.
    #[test]
    fn a_faithful_collector_leaves_no_break(hub in some_items()) {
        let settled: Vec<_> = hub.into_iter().filter(|item| !item.state.is_open() && !item.cancelling).enumerate()
            .map(|(n, item)| HubItem { bill: n.to_string(), ..item }).collect();
        let lines: Vec<_> = settled.iter().filter_map(|item| {
            let status = match item.state {
                State::Cancelled => LineStatus::Cancelled,
                State::Rejected => LineStatus::Refused,
                State::Voided | State::Refunded => return None,
                _ if item.provisional => LineStatus::Provisional,
                _ => LineStatus::Cleared,
            };
            Some(Line { serial: item.serial, status, amount: item.amount })
        }).collect();
        let comparison = compare(&settled, &lines, Some(counters_of(&lines)));
        prop_assert_eq!(&comparison.differences, &[]);
        prop_assert_eq!(usize::try_from(comparison.matched).unwrap(), settled.len());
    }
}
