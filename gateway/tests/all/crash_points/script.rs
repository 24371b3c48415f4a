//! Three business days in the life of a hub. Every step looks first at what is done, so that a process goes on where an
//! earlier one ended, at whatever instruction that was.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use collectors::client::Limits;
use database::{Database, read};
use domain::payment::State;
use domain::{
    AccountId, Clock, CollectorNumber, ContractId, Date, PaymentId, Timestamp, TransferId, UserId, Yen,
};
use gateway::api::key::{AccountName, AccountType, Holder, KeyAccount, NewKey, Scope, Token};
use gateway::link::LinkChoice;
use gateway::operations::CounterOrder;
use gateway::reconciliation::{BreakQuery, Ending};
use gateway::service::ServiceState;
use gateway::settlement::{AdviceState, NetPaymentQuery};
use gateway::{AlarmQuery, FourEyes, InquiryRequest, Operator, Payer, PaymentOrder, Settings, Word, chart};
use ledger::{Commit, Kind, NewAccount, Transfer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::support::Caller;
use crate::support::{Hub, Network, SHOP, Slip, TAX, limits, settings};

/// The variable that tells the process what it works with.
pub const TOLD: &str = "MPN_TEST_CRASH_SCRIPT";

pub const DAY_ONE: &str = "2026-11-24T10:00:00+09:00";
/// Nothing is resent automatically any more.
pub const DAY_TWO: &str = "2026-11-25T00:31:00+09:00";
/// The collectors' bad luck is over: no automatic delivery is under way that could still meet better luck.
pub const LUCK: &str = "2026-11-25T00:41:00+09:00";
/// Every net payment of the first day is due.
const DAY_THREE: &str = "2026-11-30T10:00:00+09:00";

const PLAIN: &str = "1000000000000001";
/// The collector records the clearing and its answer is lost.
pub const LOST_ANSWER: &str = "1000000000000002";
/// No clearing arrives on the first day; an operator has it resent on the second.
pub const ASK_IN_PERSON: &str = "1000000000000003";
/// No answer arrives on the first day; two people decide on the second.
pub const DECIDED: &str = "1000000000000004";
/// Paid in cash and cancelled.
pub const COUNTER: &str = "1000000000000005";
/// Accepted, and struck from the collector's books: paid back on the second day.
pub const STRUCK: &str = "1000000000000009";
const OVER_THE_API: &str = "1000000000000006";
const TOO_DEAR: &str = "1000000000000007";
const AUTHORISED: &str = "1000000000000008";
/// Bills of 1,000 yen at 社会保険庁.
pub const PENSIONS: [&str; 9] =
    [PLAIN, LOST_ANSWER, ASK_IN_PERSON, DECIDED, COUNTER, OVER_THE_API, TOO_DEAR, AUTHORISED, STRUCK];
/// Books what was never sent.
pub const STRAY: &str = "04000";

const PENSION: &str = "00500";
const CASH: AccountId = AccountId::new(900);
const ACCOUNT: AccountId = AccountId::new(1_001);
const POOR_ACCOUNT: AccountId = AccountId::new(1_002);
const OPENING: i64 = 1_000_000;
/// What the account has at the end: five pensions, a tax and a purchase are paid, and a pension is paid back.
const LEFT: i64 = OPENING - 5 * 1_000 - 215_000 - 12_800;
const PATIENCE: Duration = Duration::from_secs(90);

/// What the process works with.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Told {
    pub database: String,
    pub collectors: SocketAddr,
    pub keys: Vec<(CollectorNumber, String, [u8; 32])>,
}

struct Script {
    hub: Hub,
    database: Database,
    clock: Clock,
}

/// All of it, from wherever it stands.
pub async fn run(told: Told) {
    let database = match told.database.strip_prefix("sqlite:") {
        Some(path) => Database::sqlite(Path::new(path)).await,
        None => Database::postgres(&told.database).await,
    }
    .unwrap();
    let clock = Clock::default();
    match database::clock::load(&database).await.unwrap() {
        Some(stored) => clock.set_offset_us(stored.offset_us),
        None => database::clock::set(&database, &clock, instant(DAY_ONE)).await.unwrap(),
    }
    let settings = Settings {
        lease_s: 1,
        resend_interval_s: 1,
        keeps_days: true,
        links: crate::link::peers(),
        ..settings()
    };
    let limits = Limits { answer_wait: Duration::from_secs(10), ..limits() };
    let hub = Hub::reaching(database.clone(), &clock, told.collectors, told.keys, settings, &limits).await;
    let mut script = Script { hub, database, clock };
    script.open_accounts().await;
    if script.clock.now() < instant(DAY_TWO) {
        script.first_day().await;
        script.set_clock(DAY_TWO).await;
    }
    if script.clock.now() < instant(DAY_THREE) {
        script.second_day().await;
        script.set_clock(DAY_THREE).await;
    }
    script.third_day().await;
    script.assert_done().await;
    script.hub.stop().await;
}

fn instant(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn fixed(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

fn payer() -> Payer {
    Payer { contract: ContractId::from_uuid(fixed(1)), user: UserId::from_uuid(fixed(2)) }
}

fn payment(number: u128) -> PaymentId {
    PaymentId::from_uuid(fixed(0x100 + number))
}

fn pension(customer: &'static str) -> Slip {
    Slip { customer, ..crate::support::PENSION }
}

fn request(slip: Slip) -> InquiryRequest {
    InquiryRequest {
        collector: slip.collector.parse().unwrap(),
        customer_number: slip.customer.parse().unwrap(),
        confirmation_number: slip.confirmation.parse().unwrap(),
        category: slip.category.map(|c| c.parse().unwrap()),
        amount: slip.amount.map(Yen::new),
    }
}

/// Looks again until something is there. A look that finds no connection free is none.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("{what} never comes"))
}

impl Script {
    async fn set_clock(&self, to: &str) {
        database::clock::set(&self.database, &self.clock, instant(to)).await.unwrap();
    }

    async fn open_accounts(&self) {
        let ledger = &self.hub.ledger;
        ledger.open_account(&NewAccount::internal(CASH, "現金")).await.unwrap();
        ledger.open_account(&NewAccount::deposit(ACCOUNT, "見本商事")).await.unwrap();
        ledger.open_account(&NewAccount::deposit(POOR_ACCOUNT, "見本商店")).await.unwrap();
        let opening = Transfer {
            id: TransferId::from_uuid(fixed(3)),
            debit: CASH,
            credit: ACCOUNT,
            amount: OPENING,
            kind: Kind::Posted,
            memo: "入金".to_owned(),
        };
        // the same transfer again changes nothing
        let again = Commit { transfers: vec![opening], ..Commit::default() };
        drop(ledger.commit(again).await);
        assert!(ledger.balances(&[ACCOUNT]).await.unwrap()[0].balance <= Yen::new(OPENING));
    }

    async fn state(&self, id: PaymentId) -> Option<State> {
        Some(self.hub.gateway.payment_for_operator(id).await.unwrap()?.state)
    }

    /// Whether a delivery of the payment is under way.
    async fn is_claimed(&self, id: PaymentId) -> bool {
        let now_us = domain::clock::machine_now().micros();
        let sql = "SELECT count(*) FROM outbox WHERE entity = $1 AND lease_until_us > $2";
        let claimed: i64 = read!(self.database, |c| {
            sqlx::query_scalar(sql).bind(id.uuid()).bind(now_us).fetch_one(c).await
        })
        .unwrap();
        claimed > 0
    }

    async fn reaches(&self, id: PaymentId, states: &[State]) {
        until(&format!("{id} in {states:?}"), || async {
            self.state(id).await.filter(|state| states.contains(state))
        })
        .await;
    }

    /// Pays a bill and waits for one of the states.
    async fn pay(&self, id: PaymentId, slip: Slip, states: &[State]) {
        until(&format!("{id}"), || async {
            if self.state(id).await.is_some() {
                return Some(());
            }
            let inquiry = self.hub.gateway.inquire(payer(), request(slip)).await.ok()?;
            let bill = &inquiry.bills[0];
            let order = PaymentOrder {
                payment: id,
                payer: payer(),
                inquiry: inquiry.id,
                bill: bill.id.clone(),
                amount: bill.amount,
                account: ACCOUNT,
                guards: Vec::new(),
                barred_by: Vec::new(),
            };
            self.hub.gateway.pay(order).await.ok().map(drop)
        })
        .await;
        self.reaches(id, states).await;
    }

    /// Pays the shop's bill by its hand-off, and waits for one of the states.
    async fn pay_linked(&self, id: PaymentId, states: &[State]) {
        let gateway = &self.hub.gateway;
        until(&format!("{id}"), || async {
            if self.state(id).await.is_some() {
                return Some(());
            }
            let mut contents = crate::link::shop_bill(crate::link::NONCE);
            contents["issued_at"] = json!(self.clock.now().rfc3339());
            let form = crate::link::form("01", &contents, &crate::link::key("99022-1"));
            let arrived = gateway.take_hand_off(&form).await.ok()?;
            let arrival = gateway.claim_hand_off(&arrived, payer()).await.ok()??;
            let inquiry = gateway.inquire_linked(payer(), &arrival, LinkChoice::default()).await.ok()?;
            let order = PaymentOrder {
                payment: id,
                payer: payer(),
                inquiry: inquiry.id,
                bill: inquiry.bills[0].id.clone(),
                amount: inquiry.bills[0].amount,
                account: ACCOUNT,
                guards: Vec::new(),
                barred_by: Vec::new(),
            };
            gateway.pay(order).await.ok().map(drop)
        })
        .await;
        self.reaches(id, states).await;
    }

    async fn first_day(&self) {
        let paid = [State::Accepted, State::Settled];
        self.pay(payment(8), pension(STRUCK), &[State::Accepted, State::Refunded]).await;
        self.pay(payment(1), pension(PLAIN), &paid).await;
        self.pay(payment(2), pension(LOST_ANSWER), &paid).await;
        self.pay(payment(3), pension(ASK_IN_PERSON), &[State::Unknown]).await;
        self.pay(payment(4), pension(DECIDED), &[State::Unknown]).await;
        self.pay(payment(5), TAX, &paid).await;
        self.pay_linked(payment(6), &paid).await;
        self.counter().await;
        self.api().await;
        let shop: CollectorNumber = SHOP.collector.parse().unwrap();
        let teller = Operator::staff("1");
        until("the end of inquiries", || async {
            self.hub.gateway.pre_close_service(&shop, self.clock.now().date(), &teller).await.ok()
        })
        .await;
        until("the counters", || async {
            self.hub.gateway.ask_counters(&shop, self.clock.now().date(), &teller).await.ok()
        })
        .await;
    }

    async fn counter(&self) {
        let (gateway, teller, id) = (&self.hub.gateway, Operator::staff("1"), payment(7));
        until("the counter payment", || async {
            if self.state(id).await.is_some() {
                return Some(());
            }
            let inquiry = gateway.counter_inquiry(request(pension(COUNTER)), &teller).await.ok()?;
            let bill = &inquiry.bills[0];
            let order =
                CounterOrder { payment: id, inquiry: inquiry.id, bill: bill.id.clone(), amount: bill.amount };
            gateway.counter_payment(order, &teller).await.ok().map(drop)
        })
        .await;
        self.reaches(id, &[State::Accepted, State::Cancelled]).await;
        until("the cancellation", || async {
            drop(gateway.cancel(id, &teller).await);
            self.state(id).await.filter(|state| *state == State::Cancelled)
        })
        .await;
    }

    /// Calls of integrators: a payment, one that is refused for good, and one that a person turns down.
    async fn api(&self) {
        let anonymous = Caller::anonymous(&self.hub.gateway, false);
        let company = self.key(&anonymous, 1, ACCOUNT, true).await;
        let poor = self.key(&anonymous, 2, POOR_ACCOUNT, true).await;
        let waiting = self.key(&anonymous, 3, ACCOUNT, false).await;
        let paid = self.call(&company, "paid", OVER_THE_API).await;
        let id: PaymentId = paid["id"].as_str().unwrap().parse().unwrap();
        self.reaches(id, &[State::Accepted, State::Settled]).await;
        until("the proof", || async {
            (company.get(&format!("/v1/payments/{id}/proof")).await.status == 200).then_some(())
        })
        .await;
        assert_eq!(self.call(&poor, "poor", TOO_DEAR).await["code"], "insufficient_funds");
        let asked = self.call(&waiting, "asked", AUTHORISED).await;
        let id: PaymentId = asked["id"].as_str().unwrap().parse().unwrap();
        let request = self.hub.gateway.payment_request(payer().contract, id).await.unwrap().unwrap();
        until("the refusal by a person", || async {
            self.hub.gateway.decline_request(&request, &Operator::staff("1")).await.ok().map(drop)
        })
        .await;
    }

    async fn key(&self, anonymous: &Caller, number: u8, account: AccountId, may_debit: bool) -> Caller {
        let kind = if may_debit { "test" } else { "live" };
        let token = Token::parse(&format!(
            "mpn_{kind}_{}{}",
            "A".repeat(41),
            ["AA", "AE", "AI", "AM"][usize::from(number)]
        ));
        let token = token.unwrap();
        let caller = anonymous.with(&token);
        if caller.get("/v1/events").await.status != 200 {
            let name = AccountName {
                branch: "100".to_owned(),
                kind: AccountType::Ordinary,
                number: crate::api::support::ACCOUNT.to_owned(),
            };
            let accounts = vec![KeyAccount { name, account }];
            let holder = Holder::Contract { contract: payer().contract, accounts, may_debit };
            let scopes = vec![Scope::Inquire, Scope::Pay, Scope::Read];
            let new = NewKey { name: "script".to_owned(), holder, scopes };
            self.hub.gateway.register_api_key(&token, &new, &Operator::system()).await.unwrap();
        }
        caller
    }

    /// Inquires and pays under keys that stay the same.
    async fn call(&self, caller: &Caller, key: &str, customer: &'static str) -> Value {
        until(&format!("the answer to {key}"), || async {
            let numbers = crate::api::support::numbers(pension(customer));
            let asked = caller.post("/v1/inquiries", Some(&format!("{key}-i")), &numbers).await;
            if asked.status != 201 {
                return None;
            }
            let order = crate::api::support::order(&asked.body);
            let answer = caller.post("/v1/payments", Some(&format!("{key}-p")), &order).await;
            let settled = answer.status < 300 || answer.body["code"] == "insufficient_funds";
            settled.then_some(answer.body)
        })
        .await
    }

    async fn second_day(&self) {
        let gateway = &self.hub.gateway;
        if self.clock.now() < instant(LUCK) {
            until("the end of automatic deliveries", || async {
                (!self.is_claimed(payment(3)).await && !self.is_claimed(payment(4)).await).then_some(())
            })
            .await;
            self.set_clock(LUCK).await;
        }
        let operator = Operator::staff("1");
        let eyes = FourEyes {
            maker: Operator::staff("1"),
            checker: Operator::staff("2"),
            reason: "収納機関に電話で確認".to_owned(),
        };
        until("the decision", || async {
            drop(gateway.decide(payment(4), Word::Cleared, 1, &eyes).await);
            self.state(payment(4)).await.filter(|state| *state != State::Unknown)
        })
        .await;
        until("the answer to the manual resend", || async {
            drop(gateway.resend(payment(3), &operator).await);
            self.state(payment(3)).await.filter(|state| *state != State::Unknown)
        })
        .await;
        let day_one = instant(DAY_ONE).date();
        self.days_close(day_one).await;
        for (collector, ending) in [(STRAY, Ending::Noted), (PENSION, Ending::Refunded)] {
            until(&format!("the break of {collector}"), || async {
                let query = BreakQuery {
                    collector: Some(collector.parse().unwrap()),
                    limit: 10,
                    ..BreakQuery::default()
                };
                let found = gateway.breaks(&query).await.ok()?;
                for open in found.iter().filter(|found| found.resolution.is_none()) {
                    drop(gateway.resolve_break(open.id, ending, &eyes).await);
                }
                (!found.is_empty() && found.iter().all(|found| found.resolution.is_some())).then_some(())
            })
            .await;
        }
        until("the end of all alarms", || async {
            let query = AlarmQuery { open_only: true, limit: 100, ..AlarmQuery::default() };
            let open = gateway.alarms(&query).await.ok()?;
            for alarm in &open {
                drop(gateway.acknowledge_alarm(alarm.id, &operator).await);
            }
            open.is_empty().then_some(())
        })
        .await;
    }

    /// Waits until every collector's day is closed and compared.
    async fn days_close(&self, date: Date) {
        let gateway = &self.hub.gateway;
        until(&format!("the close of {date}"), || async {
            let days = gateway.service_days(date).await.ok()?;
            let closed = !days.is_empty() && days.iter().all(|day| day.state == ServiceState::Closed);
            let compared = gateway.reconciliations(date).await.ok()?;
            (closed && compared.len() >= days.len()).then_some(())
        })
        .await;
    }

    async fn third_day(&self) {
        self.days_close(instant(DAY_THREE).date().pred_opt().unwrap()).await;
        for number in 1..=6 {
            self.reaches(payment(number), &[State::Settled]).await;
        }
        let found = async |query: NetPaymentQuery| {
            let found = self.hub.gateway.net_payments(&NetPaymentQuery { limit: 500, ..query }).await;
            found.unwrap().len()
        };
        until("the end of the settlements", || async {
            let due = found(NetPaymentQuery { paid: Some(false), ..NetPaymentQuery::default() }).await;
            let advice = Some(AdviceState::Open);
            let untold = found(NetPaymentQuery { advice, ..NetPaymentQuery::default() }).await;
            (due + untold == 0).then_some(())
        })
        .await;
    }

    async fn assert_done(&self) {
        assert_eq!(self.state(payment(7)).await, Some(State::Cancelled));
        assert_eq!(self.state(payment(8)).await, Some(State::Refunded));
        let balance = self.hub.ledger.balances(&[ACCOUNT]).await.unwrap()[0];
        assert_eq!((balance.balance, balance.held), (Yen::new(LEFT), Yen::ZERO));
        for (account, paid) in [(chart::BANK_OF_JAPAN, 5 * 1_000 + 215_000), (chart::INTERBANK, 12_800)] {
            assert_eq!(self.hub.ledger.internal_balance(account).await.unwrap(), Yen::new(paid));
        }
        assert_eq!(self.hub.ledger.audit().await.unwrap(), []);
        let keys = self.hub.gateway.public_keys();
        assert_eq!(self.hub.gateway.audit_with(Some(&keys)).await.unwrap().0, []);
    }
}

/// Every payment is in its collector's books once.
pub async fn assert_books(network: &Network) {
    let cleared = |clearing: &&Value| clearing["code"] == "0000" && clearing["cancelled"] == false;
    let clearings = network.clearings().await;
    let mut booked: Vec<(&str, i64)> = clearings
        .iter()
        .filter(cleared)
        .map(|clearing| (clearing["collector"].as_str().unwrap(), clearing["amount"].as_i64().unwrap()))
        .collect();
    booked.sort_unstable();
    let mut expected = vec![(PENSION, 1_000); 5];
    expected.extend([("00200", 215_000), (STRAY, 777), ("99022", 12_800)]);
    expected.sort_unstable();
    assert_eq!(booked, expected);
    let cancelled = clearings.iter().filter(|clearing| clearing["cancelled"] == json!(true)).count();
    assert_eq!(cancelled, 1, "the counter payment");
}
