//! 口座振替: row by row, each with its code, and the sum to who collects.

use bulk::{Batch, Heading, Kind, MandateError, NewMandate, NewRow, RowState, State, StoppedBy};
use database::on_both;
use database::testing::TestDatabase;
use domain::{AccountId, MandateId};
use formats::zengin::{
    Code, DebitResult, Debits, Digits, Free, Name, Number, Reader, Rules, Tolerance, debit,
};

use crate::support::{OWN, account, at, day};
use crate::world::{PAYEES, World, stranger, yen};

on_both!(
    each_debit_is_made_or_has_its_code_and_the_sum_is_credited,
    the_result_file_has_the_request_and_the_codes,
    only_accounts_of_this_bank_are_debited_within_it,
    mandates_are_the_contracts_own,
    debits_at_other_banks_have_their_results,
    a_network_that_misbehaves_collects_once,
    what_a_network_lies_about_moves_no_money,
    money_of_a_debit_that_was_refused_is_not_taken,
);

/// A debit of an account at a bank.
pub fn row(bank: &str, number: &str, amount: u64) -> NewRow {
    NewRow::of(
        debit::Line {
            bank: Digits::of(bank).unwrap(),
            branch: Digits::of(if bank == "9999" { "201" } else { "100" }).unwrap(),
            account_kind: Code(b'1'),
            number: Digits::of(number).unwrap(),
            name: Name::of_bytes(b"\xd4\xcf").unwrap(),
            amount: Number::of(amount).unwrap(),
            customer: Free::of_bytes(format!("{number:0>20}").as_bytes()).unwrap(),
            result: Code(b'0'),
            ..debit::Line::default()
        }
        .write(),
    )
}

fn debtor(number: i64) -> AccountId {
    AccountId::new(PAYEES + number)
}

fn heading(world: &World) -> Heading {
    Heading { day: day("2026-12-02"), ..world.heading(Kind::Debits) }
}

async fn mandate(world: &World, number: i64, from: &str) -> MandateId {
    let new = NewMandate {
        id: MandateId::generate(),
        contract: world.bank.contract,
        account: account("9999", "201", &format!("01{number:05}")),
        customer: String::new(),
        from: day(from),
        document: String::new(),
        actor: "staff:1".to_owned(),
        guards: Vec::new(),
    };
    world.bulk.register_mandate(new).await.unwrap().id
}

/// Accounts 1 to 7: one with money, one short by a yen, one stopped by its holder, one by who collects, one without a
/// mandate, one whose mandate begins a day later, one that is closed; and one that there is not.
async fn carried_out(world: &World) -> Batch {
    for number in 1..=7 {
        world.payee(number).await;
        world.bank.deposit(debtor(number), if number == 2 { 999 } else { 5_000 }).await;
    }
    for number in [1, 2, 3, 4, 7] {
        mandate(world, number, "2026-12-02").await;
    }
    mandate(world, 6, "2026-12-03").await;
    let mandates = world.bulk.mandates(world.bank.contract, None, 10).await.unwrap();
    for (number, by) in [(3, StoppedBy::Holder), (4, StoppedBy::Originator)] {
        let found = mandates.iter().find(|mandate| mandate.account == debtor(number)).unwrap();
        world.bulk.stop_mandate(world.bank.contract, found.id, by, "staff:1", Vec::new()).await.unwrap();
    }
    let mut rows: Vec<_> = (1..=8).map(|number| row("9999", &format!("01{number:05}"), 1_000)).collect();
    // what is left on the first account, and a yen more
    rows.push(row("9999", "0100001", 4_000));
    rows.push(row("9999", "0100001", 1));
    let batch = world.approved(heading(world), rows).await;
    world.bulk.ledger().close_account(debtor(7)).await.unwrap();
    batch
}

/// Proves R109.
async fn each_debit_is_made_or_has_its_code_and_the_sum_is_credited(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = carried_out(&world).await;
    assert_eq!(batch.approved_before(world.bulk.terms()), at("2026-11-26T12:00:00"));
    world.bank.go_to("2026-12-02T14:59:59");
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Approved);
    world.bank.go_to("2026-12-02T15:00:00");
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!((done.state, world.balance(done.fund).await), (State::Done, 0));
    let rows = world.rows(batch.id).await;
    let codes: Vec<_> =
        rows.iter().map(|row| (row.result.state, row.result.code.as_deref().unwrap_or("0"))).collect();
    let failed = |code| (RowState::Failed, code);
    assert_eq!(
        codes,
        [
            (RowState::Done, "0"),
            failed("1"),
            failed("3"),
            failed("8"),
            failed("4"),
            failed("4"),
            failed("2"),
            failed("2"),
            (RowState::Done, "0"),
            failed("1"),
        ]
    );
    assert_eq!(rows[2].result.reason.as_deref(), Some("預金者の都合による振替停止"));
    assert_eq!((world.balance(OWN).await, world.balance(debtor(1)).await), (1_005_000, 0));
    assert_eq!(world.balance(debtor(2)).await, 999);
    let results = world.bulk.results(world.bank.contract, batch.id).await.unwrap();
    assert_eq!((results.done.amount, results.failed.rows), (yen(5_000), 8));
    // a fee for every row that was asked for
    assert_eq!(world.bank.charges().await, [("bulk".to_owned(), 550)]);
    world.assert_clean().await;
}

async fn the_result_file_has_the_request_and_the_codes(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = carried_out(&world).await;
    let contract = world.bank.contract;
    assert!(world.bulk.result_file(contract, batch.id).await.unwrap().is_none(), "there is none yet");
    world.bank.go_to("2026-12-02T15:00:00");
    world.work().await;
    let bytes = world.bulk.result_file(contract, batch.id).await.unwrap().unwrap();
    assert!(world.bulk.result_file(stranger().0, batch.id).await.unwrap().is_none());
    let rules = Rules {
        today: day("2026-12-02"),
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: 100,
        findings_max: 10,
    };
    let mut lines = Vec::new();
    let mut sink = |_: usize, line: &debit::Line| lines.push(*line);
    let mut reader = Reader::new(Debits::Result, rules);
    reader.push(&bytes, &mut sink);
    let report = reader.end(&mut sink);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!((report.sums.collected.count, report.sums.collected.amount), (2, 5_000));
    assert_eq!((report.sums.failed.count, report.sums.failed.amount), (8, 7_001));
    let asked = world.rows(batch.id).await;
    for (line, row) in lines.iter().zip(&asked) {
        assert!(line.answers(&debit::Line::read(&row.record)), "row {}", row.number);
    }
    assert_eq!(lines[3].result, DebitResult::StoppedByOriginator.code());
}

async fn only_accounts_of_this_bank_are_debited_within_it(test: TestDatabase) {
    let world = World::new(test).await;
    let batch =
        world.draft(heading(&world), vec![row("9999", "0100001", 1), row("0125", "0000001", 1)]).await;
    assert_eq!(batch.faulty, 1);
    let rows = world.rows(batch.id).await;
    assert_eq!(rows[1].faults[0].field, "引落銀行番号");
}

async fn mandates_are_the_contracts_own(test: TestDatabase) {
    let world = World::new(test).await;
    let id = mandate(&world, 1, "2026-12-02").await;
    let (other, _) = stranger();
    assert!(world.bulk.mandates(other, None, 10).await.unwrap().is_empty());
    assert!(matches!(world.bulk.mandate(other, id).await, Err(MandateError::NotFound)));
    let stop = |contract| world.bulk.stop_mandate(contract, id, StoppedBy::Holder, "staff:1", Vec::new());
    assert!(matches!(stop(other).await, Err(MandateError::NotFound)));
    assert_eq!(stop(world.bank.contract).await.unwrap().stopped, Some(StoppedBy::Holder));
    assert!(stop(world.bank.contract).await.is_err(), "once");
    // who debits again needs another one, which counts
    mandate(&world, 1, "2026-12-02").await;
    world.bank.deposit(debtor(1), 1_000).await;
    let batch = world.approved(heading(&world), vec![row("9999", "0100001", 1_000)]).await;
    world.bank.go_to("2026-12-02T15:00:00");
    world.work().await;
    assert_eq!(world.states(batch.id).await, [RowState::Done]);
    let none = NewMandate {
        id: MandateId::generate(),
        contract: world.bank.contract,
        account: account("0125", "100", "0000001"),
        customer: String::new(),
        from: day("2026-12-02"),
        document: String::new(),
        actor: "staff:1".to_owned(),
        guards: Vec::new(),
    };
    assert!(matches!(world.bulk.register_mandate(none).await, Err(MandateError::NoSuchAccount)));
    world.assert_clean().await;
}

fn network_heading(world: &World) -> Heading {
    Heading { day: day("2026-12-10"), route: bulk::Route::Type2, ..world.heading(Kind::NetworkDebits) }
}

/// Rows at another bank with every answer of the network, and two at this bank.
fn network_rows() -> Vec<NewRow> {
    let numbers =
        ["1000000", "0000001", "0000002", "0000003", "0000004", "0000008", "0000009", "9999999", "1000001"];
    let abroad = numbers.iter().map(|number| row("0125", number, 1_000));
    abroad.chain([row("9999", "0100001", 500), row("9999", "0100002", 500)]).collect()
}

/// A batch that begins on its day at nine.
async fn network_batch(world: &World, rows: Vec<NewRow>) -> Batch {
    world.payee(1).await;
    world.bank.deposit(debtor(1), 500).await;
    mandate(world, 1, "2026-12-02").await;
    let batch = world.approved(network_heading(world), rows).await;
    // nine business days before, at three
    assert_eq!(batch.approved_before(world.bulk.terms()), at("2026-11-27T15:00:00"));
    world.bank.go_to("2026-12-10T08:59:59");
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Approved);
    world.bank.go_to("2026-12-10T09:00:00");
    batch
}

/// Each debit is a message of its own, decided once; the money comes with what waits at the network, and so does the
/// reason where there is none.
///
/// Proves R109.
/// Proves R114.
async fn debits_at_other_banks_have_their_results(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let batch = network_batch(&world, network_rows()).await;
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!((done.state, world.balance(done.fund).await), (State::Done, 0));
    let codes: Vec<_> = world
        .rows(batch.id)
        .await
        .into_iter()
        .map(|row| (row.result.state, row.result.code.unwrap_or_else(|| "0".to_owned())))
        .collect();
    let (done, failed) = ((RowState::Done, "0".to_owned()), |code: &str| (RowState::Failed, code.to_owned()));
    assert_eq!(
        codes,
        [
            done.clone(),
            failed("1"),
            failed("2"),
            failed("3"),
            failed("4"),
            failed("8"),
            failed("9"),
            failed("9"),
            done.clone(),
            done,
            failed("4"),
        ]
    );
    assert_eq!(world.balance(OWN).await, 1_002_500);
    // of every row that was asked for
    assert_eq!(world.bank.charges().await, [("bulk".to_owned(), 11 * 165)]);
    let results = world.bulk.results(world.bank.contract, batch.id).await.unwrap();
    assert_eq!((results.done.rows, results.failed.rows), (3, 8));
    let file = world.bulk.result_file(world.bank.contract, batch.id).await.unwrap().unwrap();
    let results: Vec<u8> = file.chunks(122).skip(1).take(11).map(|record| record[111]).collect();
    assert_eq!(results, b"01234899004");
    world.assert_clean().await;
    // what came in is settled with the day
    world.bank.go_to("2026-12-10T16:00:00");
    let day = world.bank.engine.settle_day(day("2026-12-10")).await.unwrap();
    assert!(day.agrees(), "{day:?}");
    assert_eq!(day.incoming, Some(yen(2_000)));
    world.assert_clean().await;
}

/// The network loses answers, refuses the first try, hands out everything twice and in another order: each account is
/// debited once.
async fn a_network_that_misbehaves_collects_once(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    for (mode, kind) in [
        ("drop", "debit"),
        ("lose", "debit"),
        ("error500_after", "debit"),
        ("wrong_key", "debit"),
        ("other", "debit"),
        ("garbage", "debit"),
        ("twice", "collect"),
        ("reverse", "collect"),
        ("lose", "status"),
    ] {
        network.fault(serde_json::json!({ "mode": mode, "kind": kind })).await;
    }
    let batch =
        network_batch(&world, (0..5).map(|n| row("0125", &format!("100000{n}"), 1_000)).collect()).await;
    for _ in 0..20 {
        world.work().await;
        world.assert_clean().await;
        if world.found(batch.id).await.state == State::Done {
            break;
        }
    }
    assert_eq!(world.found(batch.id).await.state, State::Done);
    assert_eq!(world.states(batch.id).await, [RowState::Done; 5]);
    assert_eq!(world.balance(OWN).await, 1_005_000);
    let debits = network.debits().await;
    assert_eq!(debits.len(), 5, "each number once");
    assert!(debits.iter().any(|(_, deliveries)| *deliveries > 1), "some came again");
    assert!(world.bank.alarms().await.is_empty());
}

/// A network that says nothing keeps the batch open; what it says that cannot be moves no money, and people are told.
async fn what_a_network_lies_about_moves_no_money(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    let rows =
        vec![row("0125", "7777777", 1_000), row("0125", "1000000", 2_000), row("0125", "1000001", 300)];
    let batch = network_batch(&world, rows).await;
    world.work().await;
    let waits = world.found(batch.id).await;
    assert_eq!((waits.state, world.balance(waits.fund).await), (State::Handed, 2_300));
    assert_eq!(world.states(batch.id).await, [RowState::Sent, RowState::Done, RowState::Done]);
    assert!(world.bulk.result_file(world.bank.contract, batch.id).await.unwrap().is_none());
    let asked = world.rows(batch.id).await[0].result.order.unwrap().uuid().simple().to_string();
    let paid = world.rows(batch.id).await[1].result.order.unwrap().uuid().simple().to_string();
    // another amount than was asked for, money of one that was collected already, and of one that there never was
    for (debit, amount) in [(asked.as_str(), 999), (paid.as_str(), 2_000), ("none", 1)] {
        network.incoming_with(amount, serde_json::json!({ "debit": debit })).await;
    }
    world.work().await;
    assert_eq!(world.balance(waits.fund).await, 2_300);
    let kinds: Vec<_> = world.bank.alarms().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["transfer_contradicted"; 3]);
    world.assert_clean().await;
    // noon of the next business day has come and one is not answered: people are told, once
    let silent = ("debit_unanswered".to_owned(), batch.id.to_string());
    world.bank.go_to("2026-12-11T11:59:59");
    world.work().await;
    assert!(!world.bank.alarms().await.contains(&silent));
    world.bank.go_to("2026-12-11T12:00:00");
    world.work().await;
    world.work().await;
    assert_eq!(world.bank.alarms().await.iter().filter(|alarm| **alarm == silent).count(), 1);
    assert_eq!(world.found(batch.id).await.state, State::Handed);
    // its money comes after all, some days later
    world.bank.go_to("2026-12-14T10:00:00");
    network.incoming_with(1_000, serde_json::json!({ "debit": asked })).await;
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Done);
    assert_eq!(world.balance(OWN).await, 1_003_300);
    world.assert_clean().await;
}

/// The network says that it has refused what it has taken; then the money comes. It is not booked, and people are told.
async fn money_of_a_debit_that_was_refused_is_not_taken(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    network.fault(serde_json::json!({ "mode": "refuse", "kind": "debit" })).await;
    let batch = network_batch(&world, vec![row("0125", "1000000", 2_000)]).await;
    world.work().await;
    // the lie says RJCT
    assert_eq!(world.found(batch.id).await.state, State::Done);
    assert_eq!(world.states(batch.id).await, [RowState::Failed]);
    assert_eq!(world.balance(OWN).await, 1_000_000);
    let kinds: Vec<_> = world.bank.alarms().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["transfer_contradicted"]);
    world.assert_clean().await;
}
