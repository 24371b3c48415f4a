//! Random lives of an order: whatever happens in whatever order, its hold ends at most once, and its work is open
//! exactly while its outcome is.

use domain::{AccountId, AccountKind, AccountRef, ContractId, OrderId, Timestamp, UserId, Yen};
use ledger::{Commit, Kind, OutboxChange};
use proptest::prelude::*;

use crate::order::{Body, Facts, Position, Reason, State};
use crate::step::{self, Claim, Evidence, Placing, Report};
use crate::{Handling, Method, Relation, StoreError};

fn account(bank: &str) -> AccountRef {
    let (bank, branch) = (bank.parse().unwrap(), "100".parse().unwrap());
    AccountRef { bank, branch, kind: AccountKind::Ordinary, number: "0000001".parse().unwrap() }
}

fn facts(handling: Handling) -> Facts {
    Facts {
        id: OrderId::generate(),
        contract: ContractId::generate(),
        user: UserId::generate(),
        account: AccountId::new(1),
        from: account("9999"),
        payer_name: "ｱ".to_owned(),
        to: account("0125"),
        payee_name: "ｲ".to_owned(),
        payee_account: None,
        relation: Relation::OtherBank,
        method: Method::Filed,
        handling,
        amount: Yen::new(1_000),
        fee: Yen::new(380),
        day: "2026-11-24".parse().unwrap(),
        placed_at: Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap(),
        layers: Vec::new(),
        batch: None,
    }
}

/// What the commits of a life came to.
#[derive(Default)]
struct Life {
    position: Position,
    ended: Vec<Kind>,
    charges: usize,
    is_open: bool,
    guards: std::collections::BTreeSet<String>,
}

impl Life {
    fn take(&mut self, commit: &Commit) -> Result<(), StoreError> {
        for event in &commit.events {
            let body: Body = StoreError::json(&event.body)?;
            self.position.advance(event.kind.parse()?, &body)?;
        }
        let ended = commit.transfers.iter().filter(|transfer| transfer.kind.pending().is_some());
        self.ended.extend(ended.map(|transfer| transfer.kind));
        self.charges += commit.rows.iter().filter(|row| row.table.name == "charge").count();
        for change in &commit.outbox {
            self.is_open = !matches!(change, OutboxChange::Finish { .. });
        }
        for guard in &commit.release {
            assert!(self.guards.remove(&guard.0), "{guard:?} was not taken");
        }
        for (guard, _) in &commit.guards {
            assert!(self.guards.insert(guard.0.clone()), "{guard:?} is taken");
        }
        Ok(())
    }
}

fn report() -> impl Strategy<Value = Report> {
    prop_oneof![
        any::<bool>().prop_map(|settled| Report::Sent { settled }),
        Just(Report::Rejected("AG01".to_owned())),
        Just(Report::NotSent("x".to_owned())),
        Just(Report::Unknown("x".to_owned())),
    ]
}

proptest! {
    #[test]
    fn a_hold_ends_once_and_work_is_open_while_the_outcome_is(
        reserved in any::<bool>(),
        happenings in prop::collection::vec((report(), any::<bool>(), 0_i64..3), 1..12),
    ) {
        let facts = facts(if reserved { Handling::Reserved } else { Handling::SameDay });
        let mut life = Life::default();
        life.take(&step::place(&facts, Placing::default()).unwrap()).unwrap();
        let mut now = facts.placed_at;
        if reserved {
            prop_assert!(!life.is_open && life.guards.len() == 1);
            life.take(&step::execute(&facts, life.position.clone(), 0, Vec::new(), 60, now).unwrap()).unwrap();
        }
        let mut delivery = 1;
        for (report, resumes, hours) in happenings {
            now = now.plus_seconds(hours * 6 * 3_600);
            let position = life.position.clone();
            let evidence = Evidence::default();
            if let Some(commit) =
                step::delivered(&facts, position, (1, delivery, 0), &report, evidence, now).unwrap()
            {
                life.take(&commit).unwrap();
            }
            let state = life.position.state.unwrap();
            if resumes && state.is_open() {
                let claim = Claim { fence: 1, delivery, lease_s: 60 };
                let resumed = step::resume(&facts, life.position.clone(), claim, now).unwrap();
                if let Some(resumed) = resumed {
                    life.take(&resumed.commit).unwrap();
                    delivery = resumed.delivery.unwrap_or(delivery);
                }
            } else if state.is_open() && state != State::Sending {
                // the next delivery has to be claimed first
                let claim = Claim { fence: 1, delivery, lease_s: 60 };
                let resumed = step::resume(&facts, life.position.clone(), claim, now).unwrap();
                if let Some(resumed) = resumed {
                    life.take(&resumed.commit).unwrap();
                    delivery = resumed.delivery.unwrap_or(delivery);
                }
            }
            let state = life.position.state.unwrap();
            prop_assert_eq!(life.is_open, state.is_open(), "{}", state);
            prop_assert!(life.ended.len() <= 1);
            let posted = matches!(life.ended.first(), Some(Kind::PostPending(_)));
            let voided = matches!(life.ended.first(), Some(Kind::VoidPending(_)));
            prop_assert_eq!(posted, matches!(state, State::Sent | State::Settled | State::Returned));
            prop_assert_eq!(voided, matches!(state, State::Rejected | State::Failed));
            prop_assert_eq!(life.charges, usize::from(posted), "a fee for what was sent, once");
            prop_assert_eq!(life.guards.len(), usize::from(state == State::Sent), "due while it is not settled");
            // what may have left is never given up
            prop_assert!(state != State::Failed || !life.position.bytes_may_have_left());
        }
    }
}

fn last(commit: &Commit) -> Body {
    StoreError::json(&commit.events.last().unwrap().body).unwrap()
}

/// A sent order's life up to an answer, and what the commit of another answer says.
fn after(first: &Report, then: &Report, delivery: i64) -> Commit {
    let facts = facts(Handling::SameDay);
    let mut life = Life::default();
    life.take(&step::place(&facts, Placing::default()).unwrap()).unwrap();
    let answer = |life: &Life, report: &Report, delivery| {
        let (position, evidence) = (life.position.clone(), Evidence::default());
        step::delivered(&facts, position, (1, delivery, 0), report, evidence, facts.placed_at)
            .unwrap()
            .unwrap()
    };
    life.take(&answer(&life, first, 1)).unwrap();
    let claim = Claim { fence: 1, delivery: delivery - 1, lease_s: 60 };
    if let Some(claimed) = step::resume(&facts, life.position.clone(), claim, facts.placed_at).unwrap() {
        life.take(&claimed.commit).unwrap();
    }
    answer(&life, then, delivery)
}

#[test]
fn a_contradiction_leaves_the_reason_as_it_was() {
    let told = last(&after(&Report::Rejected("AG01".to_owned()), &Report::Sent { settled: false }, 2));
    assert_eq!(told.state, Some(State::Rejected));
    assert_eq!((told.reason, told.code.as_deref()), (Some(Reason::Refused), Some("AG01")));
}

#[test]
fn an_unknown_outcome_is_told_also_while_nothing_leaves() {
    let gone = |first: Report, delivery| {
        after(&first, &Report::NotSent("x".to_owned()), delivery).rows_if_free.len()
    };
    let unknown = || Report::Unknown("x".to_owned());
    assert_eq!((gone(unknown(), 9), gone(unknown(), 10)), (0, 1));
    assert_eq!(gone(Report::NotSent("x".to_owned()), 10), 0, "not a byte has left: nothing is unclear");
}
