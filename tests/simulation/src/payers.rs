//! The people who pay: what they ask for, how they confirm, and what they do when nothing seems to happen.

use std::rc::Rc;

use domain::{AccountId, Bill, BillId, ContractId, UserId, Yen};
use gateway::{Inquiry, InquiryRequest, Payer, PaymentOrder, chart};
use ledger::{Commit, Kind, Transfer};
use uuid::Uuid;

use crate::collector::{Owed, Slip};
use crate::happening::Happening;
use crate::hub::Shown;
use crate::random::Random;
use crate::store::payment_id;
use crate::trace::NOTHING;
use crate::world::World;

/// Where the money of the deposits comes from.
pub(crate) const CASH: AccountId = AccountId::new(999_999);
const CONTRACTS: u64 = 40;
const USERS: usize = 2;
/// Inquiries that one person makes until it is left for another day.
const INQUIRIES_MAX: u32 = 4;
const HOUR_US: i64 = 3_600_000_000;

/// A company: its people and accounts.
pub(crate) struct Contract {
    id: ContractId,
    users: [UserId; USERS],
    pub accounts: Vec<AccountId>,
}

/// Somebody means to pay what is on a slip.
pub(crate) struct Intent {
    pub payer: Payer,
    account: AccountId,
    pub collector: usize,
    pub request: InquiryRequest,
    tries: u32,
}

pub(crate) fn contracts(random: &mut Random) -> Vec<Contract> {
    let id = |kind: u128, number: u64| Uuid::from_u128(kind << 64 | u128::from(number));
    let mut accounts = (1..).map(AccountId::new);
    (0..CONTRACTS)
        .map(|number| Contract {
            id: ContractId::from_uuid(id(1, number)),
            users: [UserId::from_uuid(id(2, number)), UserId::from_uuid(id(3, number))],
            accounts: accounts.by_ref().take(1 + random.index(2)).collect(),
        })
        .collect()
}

fn digits<T: std::str::FromStr>(number: u64, width: usize) -> T
where
    T::Err: std::fmt::Display,
{
    format!("{number:0width$}").parse().unwrap_or_else(|error| panic!("{number} in {width} digits: {error}"))
}

/// What is on the slips.
impl World {
    /// A collector sends somebody a slip; it is known there until the end of the third day.
    pub fn new_slip(&mut self, collector: usize) -> (InquiryRequest, i64) {
        self.made_slips += 1;
        let number = self.made_slips;
        let row = &self.collectors[collector].row;
        let rules = &row.numbers;
        let category = rules.category.as_ref().map(|rule| digits(1, rule.digits_min));
        let typed = row.payer_types_amount(category.as_ref());
        let request = InquiryRequest {
            collector: row.number.clone(),
            customer_number: digits(number, rules.customer.digits_max.min(16)),
            confirmation_number: digits(number % 9_000 + 1_000, rules.confirmation.digits_max),
            category,
            amount: typed.then(|| Yen::new(self.random.between(1, 50_000))),
        };
        let days = if typed { 20 } else { 2 };
        let until_us = self.now_us + days * 24 * HOUR_US + 12 * HOUR_US;
        let count = if typed || self.random.below(5) > 0 { 1 } else { 3 };
        let bills = (0..count).map(|index| self.new_bill(number, index, collector)).collect();
        let slip = Slip {
            confirmation: request.confirmation_number.clone(),
            category: request.category.clone(),
            bills,
            until_us,
        };
        self.collectors[collector].slips.insert(request.customer_number.as_str().to_owned(), slip);
        (request, until_us)
    }

    fn new_bill(&mut self, slip: u64, index: u64, collector: usize) -> Owed {
        use domain::ResponseCode as Code;
        let today = self.store.business(self.now_us).date();
        let clear_by = match self.random.below(10) {
            0 | 1 => Some(today),
            2 => today.succ_opt(),
            3..=6 => today.iter_days().nth(30),
            _ => None,
        };
        let fee = *self.random.pick(&[0, 0, 0, 110, 330]);
        // the collector's mind changes between inquiry and clearing
        let misfit = match self.random.below(60) {
            0 => Some(Code::AmountDiffers),
            1 => Some(Code::AlreadyPaid),
            2 => Some(Code::Expired),
            _ => None,
        };
        let amount = Yen::new(self.random.between(100, 300_000));
        let id: BillId = digits(slip * 10 + index, 12);
        let bill = Bill {
            id,
            payer: "見本 太郎".to_owned(),
            contents: format!("令和8年度 {}", self.collectors[collector].row.charges[0].name)
                .chars()
                .take(60)
                .collect(),
            amount,
            fee: Yen::new(fee),
            late_charge: Yen::ZERO,
            due: None,
            clear_by,
        };
        Owed { bill, paid: false, misfit }
    }
}

/// What people do.
impl World {
    /// Somebody means to pay a slip, then.
    pub fn new_intent(&mut self, collector: usize, request: &InquiryRequest, pause_us: i64) {
        let contract = self.random.index(self.contracts.len());
        let contract = &self.contracts[contract];
        let user = *self.random.pick(&contract.users);
        let account = *self.random.pick(&contract.accounts);
        let mut payer = (Payer { contract: contract.id, user }, account);
        if self.random.one_in(8) {
            payer = (Payer::at_counter(), chart::COUNTER_CASH);
        }
        let (payer, account) = payer;
        self.made_intents += 1;
        let intent = Intent { payer, account, collector, request: request.clone(), tries: 0 };
        self.intents.insert(self.made_intents, intent);
        self.plan(pause_us, Happening::Inquires { intent: self.made_intents });
    }

    pub fn inquiry_failed(&mut self, intent: u64) {
        let Some(asked) = self.intents.get_mut(&intent) else { return };
        asked.tries += 1;
        if asked.tries >= INQUIRIES_MAX {
            self.intents.remove(&intent);
            self.stats.count("payer gave up asking");
            return;
        }
        let pause_us = self.random.between(3_000_000, 900_000_000);
        self.plan(pause_us, Happening::Inquires { intent });
    }

    /// The bills are shown; the payer thinks and confirms.
    pub fn inquiry_answered(&mut self, intent: u64, inquiry: &Inquiry) {
        let Some(asked) = self.intents.remove(&intent) else { return };
        let all = self.random.one_in(2);
        for bill in inquiry.bills.iter().take(if all { inquiry.bills.len() } else { 1 }) {
            if self.made_payments >= self.settings.payments.saturating_mul(4) {
                return;
            }
            self.made_payments += 1;
            let order = Rc::new(PaymentOrder {
                payment: payment_id(self.made_payments),
                payer: asked.payer,
                inquiry: inquiry.id,
                bill: bill.id.clone(),
                amount: bill.amount,
                account: asked.account,
                guards: Vec::new(),
                barred_by: Vec::new(),
            });
            let seconds = if self.random.one_in(25) { 960 } else { 60 };
            let pause_us = self.random.between(1_000_000, seconds * 1_000_000);
            let clicks = match self.random.below(20) {
                0 | 1 => 2,
                2 => 3,
                _ => 1,
            };
            self.plan(pause_us, Happening::Confirms { order, clicks });
        }
        // somebody else, or the same person with no patience, has the same slip in hand
        if self.random.one_in(8) {
            let hours = if self.random.one_in(3) { 20 * HOUR_US } else { HOUR_US / 30 };
            let pause_us = self.random.between(1_000_000, hours);
            self.new_intent(asked.collector, &asked.request, pause_us);
        }
    }

    /// The button, once or more often.
    pub fn clicks(&mut self, order: &Rc<PaymentOrder>, clicks: u32) {
        for _ in 1..clicks {
            self.stats.count("second click");
            let pause_us = self.random.between(0, 400_000);
            self.plan(pause_us, Happening::Confirms { order: Rc::clone(order), clicks: 1 });
        }
        match self.some_node() {
            Some(node) => self.confirm(node, order),
            None => self.confirmed(order, Shown::TryAgain),
        }
    }

    /// What the payer sees.
    pub fn confirmed(&mut self, order: &Rc<PaymentOrder>, shown: Shown) {
        if shown != Shown::TryAgain || self.random.one_in(4) {
            return;
        }
        self.happened("a payer tries the same order again", [NOTHING, NOTHING]);
        let pause_us = self.random.between(2_000_000, 90_000_000);
        self.plan(pause_us, Happening::Confirms { order: Rc::clone(order), clicks: 1 });
    }

    /// Money comes in, to most accounts enough.
    pub fn fund(&mut self) {
        let accounts: Vec<AccountId> =
            self.contracts.iter().flat_map(|c| c.accounts.iter().copied()).collect();
        let mut transfers = Vec::new();
        for account in accounts {
            let goal = if self.random.one_in(8) { 100_000 } else { 5_000_000 };
            let missing = goal - self.balance(account);
            if missing > 0 {
                transfers.push(Transfer {
                    id: domain::TransferId::generate(),
                    debit: CASH,
                    credit: account,
                    amount: missing,
                    kind: Kind::Posted,
                    memo: "入金".to_owned(),
                });
            }
        }
        let ids: Vec<_> = transfers.iter().map(|t| t.id).collect();
        self.commit_at_once(Commit { transfers, ..Commit::default() });
        self.store.memory.forget(ledger::EntityId(Uuid::nil()), &ids, &[]);
    }
}
