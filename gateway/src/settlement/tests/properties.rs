//! Whatever happens in whatever order: every accepted payment settles once, in the earliest window that was open.

use std::collections::BTreeMap;

use domain::payment::State;
use domain::{Date, PaymentId};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::super::{SettlementState, WindowQuery};
use super::super::{WindowState, window};
use super::{World, day, number};
use crate::chart;
use crate::payment::Facts;

/// What may happen to a collector that is open day and night.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A payment is held; it is accepted at once, or has to wait.
    Pays { amount: i64, fee: i64, at_once: bool },
    /// A payment that waits is accepted.
    Accepts(usize),
    /// A day passes.
    NextDay,
    /// The oldest day that is over and not closed is closed and compared, with or without a break.
    Closes { breaks: bool },
    /// All breaks are resolved.
    Resolves,
    /// The schedule looks.
    Settles,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1_i64..1_000, prop_oneof![Just(0_i64), 1_i64..50], any::<bool>())
            .prop_map(|(amount, fee, at_once)| Happening::Pays { amount, fee, at_once }),
        2 => (0_usize..8).prop_map(Happening::Accepts),
        4 => Just(Happening::NextDay),
        4 => prop::bool::weighted(0.2).prop_map(|breaks| Happening::Closes { breaks }),
        1 => Just(Happening::Resolves),
        3 => Just(Happening::Settles),
    ]
}

const COLLECTOR: &str = "99022";

struct Model {
    world: World,
    waiting: Vec<(Facts, i64)>,
    /// Of every accepted payment, the window in which it has to settle.
    expected: BTreeMap<PaymentId, Date>,
    sum: i64,
    next_to_close: Date,
    broken: Vec<Date>,
}

impl Model {
    async fn new() -> Self {
        let world = World::new(database::testing::sqlite().await).await;
        // three days before the bank closes for the new year
        world.at("2026-12-28T10:00:00");
        let next_to_close = world.today();
        Self {
            world,
            waiting: Vec::new(),
            expected: BTreeMap::new(),
            sum: 0,
            next_to_close,
            broken: Vec::new(),
        }
    }

    async fn closed_through(&self) -> Option<Date> {
        self.world.gateway.latest_settlement(&number(COLLECTOR)).await.unwrap().map(|s| s.window)
    }

    async fn accepted(&mut self, held: (Facts, i64)) {
        self.world.accept(&held).await;
        let facts = held.0;
        self.sum += facts.amount.get() + facts.fee.get();
        let window = window::settles_in(facts.receipt_date, self.closed_through().await);
        self.expected.insert(facts.id, window);
    }

    async fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Pays { amount, fee, at_once } => {
                let held = self.world.hold(COLLECTOR, amount, fee).await;
                if at_once {
                    self.accepted(held).await;
                } else {
                    self.waiting.push(held);
                }
            }
            Happening::Accepts(which) => {
                if !self.waiting.is_empty() {
                    let held = self.waiting.remove(which % self.waiting.len());
                    self.accepted(held).await;
                }
            }
            Happening::NextDay => self.world.clock.advance_seconds(24 * 3600),
            Happening::Closes { breaks } => self.closes(breaks).await,
            Happening::Resolves => self.resolves().await,
            Happening::Settles => self.world.settle().await,
        }
    }

    async fn closes(&mut self, breaks: bool) {
        if self.next_to_close < self.world.today() {
            let date = self.next_to_close.to_string();
            self.world.day_is(COLLECTOR, &date, "reconciled", breaks.into()).await;
            if breaks {
                self.broken.push(self.next_to_close);
            }
            self.next_to_close = self.next_to_close.succ_opt().unwrap();
        }
    }

    async fn resolves(&mut self) {
        for date in std::mem::take(&mut self.broken) {
            self.world.day_is(COLLECTOR, &date.to_string(), "reconciled", 0).await;
        }
    }

    /// Where every accepted payment went.
    async fn settled(&self) -> BTreeMap<PaymentId, Date> {
        let (from, until) = (day("2026-12-28"), day("2027-02-26"));
        let query = WindowQuery { from, until, collector: None };
        let mut settled = BTreeMap::new();
        for window in self.world.gateway.settlement_windows(&query).await.unwrap() {
            let Some(settlement) = window.settlement else { continue };
            assert_eq!(window.state, WindowState::Closed);
            let page = self.world.gateway.settled_payments(settlement.id(), None, 500).await.unwrap();
            for payment in page.payments {
                assert_eq!(payment.state, State::Settled);
                let twice = settled.insert(payment.facts.id, window.date);
                assert_eq!(twice, None, "{} settles once", payment.facts.id);
            }
        }
        settled
    }

    async fn check(&self) {
        self.world.assert_clean().await;
        for (payment, window) in self.settled().await {
            assert_eq!(self.expected.get(&payment), Some(&window), "the earliest window that was open");
        }
    }

    /// From here on nothing is in the way: everything settles and is paid.
    async fn ends(mut self) {
        self.resolves().await;
        while let Some(held) = self.waiting.pop() {
            self.accepted(held).await;
        }
        for _ in 0..16 {
            self.world.clock.advance_seconds(24 * 3600);
            self.closes(false).await;
            while self.next_to_close < self.world.today() {
                self.closes(false).await;
            }
            self.world.settle().await;
        }
        self.check().await;
        assert_eq!(self.settled().await, self.expected);
        assert_eq!(self.world.balance(chart::INTERBANK).await, self.sum);
        let latest = self.world.gateway.latest_settlement(&number(COLLECTOR)).await.unwrap().unwrap();
        assert_ne!(latest.state, SettlementState::Closing);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_accepted_payment_settles_once_in_the_earliest_open_window(
        happenings in prop::collection::vec(happening(), 1..40),
    ) {
        Runtime::new().unwrap().block_on(async {
            let mut model = Model::new().await;
            for happening in happenings {
                model.happens(happening).await;
            }
            model.check().await;
            model.ends().await;
        });
    }
}
