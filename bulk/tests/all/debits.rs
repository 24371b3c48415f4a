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
);

fn row(bank: &str, number: &str, amount: u64) -> NewRow {
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
        actor: "staff:1".to_owned(),
        guards: Vec::new(),
    };
    assert!(matches!(world.bulk.register_mandate(none).await, Err(MandateError::NoSuchAccount)));
    world.assert_clean().await;
}
