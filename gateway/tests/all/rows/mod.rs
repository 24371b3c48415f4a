//! Every institution of the list against its mock, a test each, by the special numbers that every mock has. What they
//! prove is a line of docs/collectors.md each.

mod document;
mod golden;

use std::collections::HashMap;
use std::time::Duration;

use collectors::client::Limits;
use collectors::link::LinkKey;
use collectors::{Collector, Directory, Kind};
use database::testing::{TestDatabase, postgres, sqlite};
use domain::payment::State;
use domain::{ResponseCode, Yen};
use gateway::link::{LinkChoice, LinkPeer, LinkPeers};
use gateway::{Inquiry, InquiryError, InquiryRequest, Payment, PaymentOrder, Settings};
use mocks::Data;
use serde_json::Value;

use crate::support::{SITES, World, limits, list_of, settings};
use document::Step;

/// Enough for every bill of every row.
const MONEY: i64 = 100_000_000;

/// One test a row of the directory.
macro_rules! rows {
    ($($(#[$doc:meta])* $test:ident = $number:literal,)*) => {
        const TESTED: &[&str] = &[$($number),*];

        $($(#[$doc])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            row(sqlite().await, $number).await;
        })*
    };
}

rows! {
    row_00100 = "00100",
    row_00120 = "00120",
    /// Proves R98, R99, R104.
    row_00200 = "00200",
    row_00300 = "00300",
    row_00400 = "00400",
    row_00500 = "00500",
    row_04000 = "04000",
    /// Proves R98, R101, R104.
    row_04100 = "04100",
    row_99009 = "99009",
    row_99010 = "99010",
    row_99011 = "99011",
    row_49001 = "49001",
    row_99013 = "99013",
    row_99014 = "99014",
    /// Proves R103, R105.
    row_99015 = "99015",
    row_99016 = "99016",
    row_99017 = "99017",
    row_99018 = "99018",
    row_99019 = "99019",
    row_99020 = "99020",
    row_48001 = "48001",
    /// Proves R98, R102, R104.
    row_99022 = "99022",
    row_99023 = "99023",
    row_99024 = "99024",
    row_99025 = "99025",
    row_99026 = "99026",
    row_99027 = "99027",
    row_13800 = "13800",
}

/// Proves R98, R99, R101, R102.
#[test]
fn every_row_of_the_directory_has_its_test() {
    let directory = Directory::embedded();
    let rows = directory.all().iter().filter(|row| row.available && !row.test_row);
    let numbers: Vec<_> = rows.map(|row| row.number.as_str()).collect();
    assert_eq!(numbers, TESTED);
}

/// A row of each kind on the other database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_of_each_kind_on_postgresql() {
    for number in ["00300", "04000", "99026"] {
        row(postgres().await, number).await;
    }
}

/// A slow answer within the hub's patience is an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_collector_is_waited_for() {
    let row = Row::open(sqlite().await, "99017").await;
    let paid = row.pay_first(&row.ask("slow").await.unwrap()).await;
    assert_eq!(paid.state, State::Accepted);
    row.world.assert_clean().await;
}

/// One institution with its mock, and a payer.
struct Row {
    world: World,
    directory: Directory,
    collector: Collector,
    /// The mock's own list of special numbers.
    specials: Vec<Value>,
}

/// Everything that a row of the directory has to do.
async fn row(test: TestDatabase, number: &str) {
    let row = Row::open(test, number).await;
    golden::exchange(&row).await;
    let mut steps = vec![Step::Golden];
    if row.collector.methods.online {
        steps.extend(row.answers().await);
        steps.extend(row.fails().await);
    } else {
        row.refuses_typed_numbers().await;
        steps.push(Step::TypedEntryRefused);
    }
    if row.collector.methods.link {
        row.pays_linked(&row.new_bill().await).await;
        steps.push(Step::Linked);
    }
    row.world.assert_clean().await;
    document::check(&row.collector, &steps);
}

impl Row {
    async fn open(test: TestDatabase, number: &str) -> Self {
        let list = list_of(&[number]);
        let mut data = Data::embedded();
        data.institutions.clone_from(&list);
        data.bills.retain(|of, _| of == number);
        let directory = Directory::parse(&list).unwrap();
        let jwk = LinkKey::generate(&format!("{number}-1")).unwrap();
        let peer = LinkPeer {
            keys: vec![LinkKey::from_jwk(&jwk).unwrap()],
            return_urls: vec![format!("{SITES}/sites/{number}/").parse().unwrap()],
        };
        let links = LinkPeers::from(HashMap::from([(number.parse().unwrap(), peer)]));
        let settings = Settings { links, ..settings() };
        let world = World::of(test, settings, &limits(), directory.clone(), &data).await;
        world.network.share_link_key(number, &jwk);
        world.put(world.account, MONEY).await;
        let collector = world.hub.gateway.collectors().get(&number.parse().unwrap()).unwrap().clone();
        let path = format!("/control/{number}/special-numbers");
        let shown = world.network.control("GET", &path, String::new()).await;
        let specials = shown["special_numbers"].as_array().unwrap().clone();
        Self { world, directory, collector, specials }
    }

    /// What a payer types for an outcome.
    fn request(&self, outcome: &str) -> InquiryRequest {
        let found = self.specials.iter().find(|special| special["outcome"] == outcome);
        let found = found.unwrap_or_else(|| panic!("{}: no {outcome}", self.collector.number));
        let text = |field: &str| found[field].as_str().unwrap();
        let rules = &self.collector.numbers;
        InquiryRequest {
            collector: self.collector.number.clone(),
            // as the bank's page reads them
            customer_number: rules.customer_number(text("customer_number")).unwrap(),
            confirmation_number: rules.confirmation_number(text("confirmation_number")).unwrap(),
            category: rules
                .category
                .as_ref()
                .map(|_| rules.payment_category(text("payment_category")).unwrap()),
            amount: None,
        }
    }

    async fn inquire(&self, request: InquiryRequest) -> Result<Inquiry, InquiryError> {
        self.world.hub.gateway.inquire(self.world.payer, request).await
    }

    async fn ask(&self, outcome: &str) -> Result<Inquiry, InquiryError> {
        self.inquire(self.request(outcome)).await
    }

    async fn is_refused(&self, outcome: &str, code: ResponseCode) {
        let answer = self.ask(outcome).await;
        let said = matches!(&answer, Err(InquiryError::Refused(said)) if *said == code);
        assert!(said, "{} {outcome}: {answer:?}", self.collector.number);
    }

    async fn pay(&self, order: PaymentOrder) -> Payment {
        self.world.hub.gateway.pay(order).await.unwrap()
    }

    async fn pay_first(&self, inquiry: &Inquiry) -> Payment {
        self.pay(self.world.order(inquiry)).await
    }

    /// What a collector that answers has to answer.
    async fn answers(&self) -> Vec<Step> {
        self.pays().await;
        self.refuses().await;
        self.loses_an_answer().await;
        self.cannot_match().await;
        let mut steps = vec![
            Step::Inquiry,
            Step::Payment,
            Step::WrongNumber,
            Step::AlreadyPaid,
            Step::Expired,
            Step::LostAnswer,
            Step::Unmatched,
        ];
        if self.collector.several_bills {
            self.has_several().await;
            steps.push(Step::SeveralBills);
        }
        steps
    }

    async fn pays(&self) {
        let before = self.world.balance().await.balance;
        let inquiry = self.ask("payable").await.unwrap();
        let [bill] = inquiry.bills.as_slice() else { panic!("one bill: {:?}", inquiry.bills) };
        assert_eq!(bill.amount, Yen::new(10_000));
        assert_eq!(bill.contents, self.collector.charges[0].name);
        assert_eq!(bill.fee, self.collector.fee.fee(bill.amount).unwrap_or(Yen::ZERO));
        let order = self.world.order(&inquiry);
        let payment = self.pay(order.clone()).await;
        assert_eq!((payment.state, payment.provisional), (State::Accepted, None));
        let (deliveries, by, code) = self.world.network.record(&payment).await.unwrap();
        assert_eq!((deliveries, by.as_str(), code.as_str()), (1, "Clearing", "0000"));
        assert_eq!(self.pay(order).await, payment, "the same order is the same payment");
        let paid = before.get() - self.world.balance().await.balance.get();
        assert_eq!(paid, bill.amount.get() + bill.fee.get());
        // once: from now on it is paid
        self.is_refused("payable", ResponseCode::AlreadyPaid).await;

        let late = self.ask("surcharge").await.unwrap();
        assert_eq!((late.bills[0].amount.get(), late.bills[0].late_charge.get()), (10_300, 300));
        assert_eq!(self.pay_first(&late).await.state, State::Accepted);
    }

    async fn refuses(&self) {
        let right = self.request("surcharge");
        let digits = right.confirmation_number.as_str().len();
        let wrong =
            InquiryRequest { confirmation_number: "9".repeat(digits).parse().unwrap(), ..right.clone() };
        let answer = self.inquire(wrong).await;
        let is_wrong = matches!(answer, Err(InquiryError::Refused(ResponseCode::ConfirmationNumberWrong)));
        assert!(is_wrong, "{answer:?}");
        let digits = right.customer_number.as_str().len();
        let unknown = InquiryRequest { customer_number: "9".repeat(digits).parse().unwrap(), ..right };
        let answer = self.inquire(unknown).await;
        let is_unknown = matches!(answer, Err(InquiryError::Refused(ResponseCode::CustomerNumberWrong)));
        assert!(is_unknown, "{answer:?}");
        for (outcome, code) in [
            ("wrong_confirmation", ResponseCode::ConfirmationNumberWrong),
            ("already_paid", ResponseCode::AlreadyPaid),
            ("expired", ResponseCode::Expired),
            ("not_yet", ResponseCode::NotYetPayable),
            ("closed", ResponseCode::NotOpen),
        ] {
            self.is_refused(outcome, code).await;
        }
    }

    async fn loses_an_answer(&self) {
        let id = self.pay_first(&self.ask("lost_answer").await.unwrap()).await.facts.id;
        let payment = self.world.reaches(id, State::Accepted).await;
        let events = ["held", "claimed", "outcome_unknown", "claimed", "accepted"];
        assert_eq!(self.world.events(id).await, events);
        assert_eq!(self.world.network.record(&payment).await.unwrap().0, 2);
        self.is_refused("lost_answer", ResponseCode::AlreadyPaid).await;
    }

    /// A clearing that does not match: a national collector refuses it, another records it provisionally.
    async fn cannot_match(&self) {
        let before = self.world.balance().await;
        let is_national = self.collector.kind == Kind::National;
        let inquiry = self.ask(if is_national { "refused" } else { "provisional" }).await.unwrap();
        let payment = self.pay_first(&inquiry).await;
        if is_national {
            assert_eq!((payment.state, payment.code), (State::Rejected, Some(ResponseCode::AmountDiffers)));
            assert_eq!(self.world.balance().await, before);
        } else {
            let provisionally = (State::Accepted, Some(ResponseCode::AmountDiffers));
            assert_eq!((payment.state, payment.provisional), provisionally);
        }
    }

    /// Several bills under one number are paid one by one.
    async fn has_several(&self) {
        let inquiry = self.ask("several_bills").await.unwrap();
        assert_eq!(inquiry.bills.len(), 3);
        let second = &inquiry.bills[1];
        let order =
            PaymentOrder { bill: second.id.clone(), amount: second.amount, ..self.world.order(&inquiry) };
        assert_eq!(self.pay(order).await.state, State::Accepted);
        let left = self.ask("several_bills").await.unwrap();
        assert!(left.bills.len() == 2 && left.bills.iter().all(|bill| bill.id != second.id));
    }

    /// No answer, and none that can be read: nothing is known of bills, and nothing is debited.
    async fn fails(&self) -> [Step; 2] {
        let garbage = self.ask("garbage").await;
        assert!(matches!(garbage, Err(InquiryError::NoAnswer(_))), "{garbage:?}");
        // a hub that waits for less long, so that the test does too
        let impatient = Limits { answer_wait: Duration::from_millis(200), ..limits() };
        let hub = self.world.another_hub(&impatient, self.directory.clone()).await;
        let silence = hub.gateway.inquire(self.world.payer, self.request("timeout")).await;
        assert!(matches!(silence, Err(InquiryError::NoAnswer(_))), "{silence:?}");
        [Step::Timeout, Step::Garbage]
    }

    /// The collector is paid from its own site only: the hub asks it nothing.
    async fn refuses_typed_numbers(&self) {
        for outcome in ["payable", "already_paid", "wrong_confirmation"] {
            let before = self.messages().await;
            assert!(matches!(self.ask(outcome).await, Err(InquiryError::LinkOnly)), "{outcome}");
            assert_eq!(self.messages().await, before, "nothing was sent");
        }
        assert_eq!(self.world.balance().await.held, Yen::ZERO);
    }

    /// A bill of the collector, as its controls list it.
    async fn bill(&self, id: &str) -> Value {
        let path = format!("/control/{}/bills", self.collector.number);
        let listed = self.world.network.control("GET", &path, String::new()).await;
        let mut bills = listed["bills"].as_array().unwrap().iter();
        bills.find(|bill| bill["bill_id"] == id).unwrap_or_else(|| panic!("no {id}: {listed}")).clone()
    }

    async fn new_bill(&self) -> Value {
        let path = format!("/control/{}/bills", self.collector.number);
        let made = self.world.network.control("POST", &path, "{}".to_owned()).await;
        made["bills"][0].clone()
    }

    /// The collector's site hands a bill over, which is paid once, and the site knows it. Gives the name that the
    /// hand-off has.
    async fn pays_linked(&self, bill: &Value) -> String {
        let (gateway, network) = (&self.world.hub.gateway, &self.world.network);
        let page = bill["page"].as_str().unwrap();
        let form = network.hand_off(page).await.expect("a bill that is payable");
        let id = gateway.take_hand_off(&form).await.unwrap();
        let arrival = gateway.claim_hand_off(&id, self.world.payer).await.unwrap().unwrap();
        let before = self.world.balance().await.balance;
        // where the payer chooses: the least
        let choice = LinkChoice { place: 0, amount: arrival.hand_off.bounds.map(|(least, _)| least) };
        let inquiry = gateway.inquire_linked(self.world.payer, &arrival, choice).await.unwrap();
        let payment = self.pay_first(&inquiry).await;
        assert_eq!((payment.state, payment.provisional), (State::Accepted, None));
        let (deliveries, by, code) = network.record(&payment).await.unwrap();
        assert_eq!((deliveries, by.as_str(), code.as_str()), (1, "Clearing", "0000"));
        let total = bill["amount"].as_i64().unwrap() + bill["fee"].as_i64().unwrap();
        assert_eq!(before.get() - self.world.balance().await.balance.get(), total);
        let key = payment.facts.message_key.as_str();
        let clearings = network.clearings().await;
        let recorded = clearings.iter().find(|clearing| clearing["key"] == key).unwrap();
        assert_eq!(recorded["entry_kind"], "linked");
        // once, and the site says so
        assert!(gateway.inquire_linked(self.world.payer, &arrival, choice).await.is_err());
        assert_eq!(self.bill(bill["bill_id"].as_str().unwrap()).await["state"], "paid");
        assert_eq!(network.hand_off(page).await, None, "nothing more to hand over");
        arrival.hand_off.nonce
    }

    /// The ids of the messages that the collector has got, oldest first.
    async fn messages(&self) -> Vec<i64> {
        let path = format!("/control/{}/messages", self.collector.number);
        let listed = self.world.network.control("GET", &path, String::new()).await;
        let ids = listed["messages"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap());
        let mut ids: Vec<_> = ids.collect();
        ids.reverse();
        ids
    }
}
