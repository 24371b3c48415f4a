//! 総合振込, 給与 and 賞与 on their day.

use bulk::{Heading, Kind, NewRow, Only, Reason, RowState, State};
use database::testing::TestDatabase;
use database::{Either, execute, on_both};
use domain::AccountId;
use formats::zengin::{Code, Digits, Name, Number, payroll};
use ledger::{Commit, EntityId, GuardKey};
use transfers::Standing;

use crate::support::{OTHER, OWN, Told, Unstopped, account, at, day};
use crate::world::{ON, PAYEES, World, abroad, own, record, within, yen};

on_both!(
    a_batch_is_debited_in_one_sum_and_every_row_has_its_result,
    nothing_is_carried_out_for_want_of_funds,
    nothing_is_debited_while_the_contract_is_stopped_or_after_it_has_ended,
    what_fails_or_comes_back_goes_to_the_payer,
    many_rows_go_in_many_commits_and_two_engines_do_nothing_twice,
    what_comes_back_to_a_closed_account_is_kept_for_people,
    a_payee_that_closes_between_two_commits_is_paid_nothing,
    salaries_are_debited_ahead_and_there_before_ten,
);

fn payee(number: i64) -> AccountId {
    AccountId::new(PAYEES + number)
}

/// Proves R109.
async fn a_batch_is_debited_in_one_sum_and_every_row_has_its_result(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    let rows =
        vec![within(1, 30_000), NewRow::of(record("9999", "100", "7654321", 500)), abroad("0000001", 29_999)];
    let batch = world.approved(world.heading(Kind::Transfers), rows).await;
    world.bank.go_to("2026-11-27T08:29:59");
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Approved);
    world.bank.go_to(ON);
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!(done.state, State::Done);
    assert_eq!(world.balance(OWN).await, 1_000_000 - 60_499);
    assert_eq!([world.balance(payee(1)).await, world.balance(OTHER).await], [30_000, 500]);
    assert_eq!(world.balance(done.fund).await, 0);
    assert_eq!(world.states(batch.id).await, [RowState::Done, RowState::Done, RowState::Sent]);
    assert_eq!(network.taken().await.iter().map(|(_, amount)| *amount).collect::<Vec<_>>(), [29_999]);
    // one line of the statement is the whole batch
    let lines: Vec<(i64, String)> = database::read!(world.bank.database, |c| {
        sqlx::query_as("SELECT amount, memo FROM transfer WHERE debit = $1")
            .bind(OWN.get())
            .fetch_all(c)
            .await
    })
    .unwrap();
    assert_eq!(lines, [(60_499, "総合振込 3件".to_owned())]);
    assert_eq!(world.bank.charges().await, [("bulk".to_owned(), 330 + 330)], "one charge a batch");
    let results = world.bulk.results(world.bank.contract, batch.id).await.unwrap();
    assert_eq!((results.done.rows, results.handed.rows, results.failed.rows), (2, 1, 0));
    world.bank.go_to("2026-11-27T16:00:00");
    world.bank.engine.settle_days().await.unwrap();
    assert_eq!(world.states(batch.id).await, [RowState::Done; 3]);
    world.assert_clean().await;
}

/// One yen short at every time of the day; and exactly enough at the last one.
async fn nothing_is_carried_out_for_want_of_funds(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let rows = || vec![within(1, 700_000), within(2, 300_001)];
    let short = world.approved(world.heading(Kind::Transfers), rows()).await;
    for (time, state) in [
        ("2026-11-27T08:30:00", State::Approved),
        ("2026-11-27T11:00:00", State::Approved),
        ("2026-11-27T14:00:00", State::Failed),
    ] {
        world.bank.go_to(time);
        world.work().await;
        let found = world.found(short.id).await;
        assert_eq!((found.state, found.reason), (state, Some(Reason::Shortage)), "{time}");
    }
    assert_eq!(world.balance(OWN).await, 1_000_000);
    assert_eq!(world.states(short.id).await, [RowState::Waiting; 2], "and no row was touched");
    assert!(world.bank.charges().await.is_empty());
    let on = |text: &str| Heading { day: day(text), ..world.heading(Kind::Transfers) };
    let enough = world.approved(on("2026-12-01"), rows()).await;
    world.bank.go_to("2026-12-01T11:00:00");
    world.work().await;
    world.bank.deposit(OWN, 1).await;
    world.bank.go_to("2026-12-01T14:00:00");
    world.work().await;
    assert_eq!(world.found(enough.id).await.state, State::Done);
    assert_eq!(world.balance(OWN).await, 0);
    // a process that was away all day
    world.bank.deposit(OWN, 100).await;
    let late = world.approved(on("2026-12-03"), vec![within(1, 100)]).await;
    world.bank.go_to("2026-12-04T00:00:00");
    world.work().await;
    let found = world.found(late.id).await;
    assert_eq!((found.state, found.reason), (State::Failed, Some(Reason::DayOver)));
    world.assert_clean().await;
}

/// A stop keeps it back until the last time of its day; lifted before that, it is debited. A contract that has ended
/// debits nothing, and collects nothing.
///
/// Proves SEC-43.
async fn nothing_is_debited_while_the_contract_is_stopped_or_after_it_has_ended(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let on = |text: &str, kind| Heading { day: day(text), ..world.heading(kind) };
    let bar = GuardKey(format!("{}stop", GuardKey::BAR));
    let stopped = Told(Standing { barred_by: vec![bar.clone()], is_over: false });
    let stop = |taken: bool| {
        let commit = if taken {
            Commit { guards: vec![(bar.clone(), EntityId(world.bank.contract.uuid()))], ..Commit::default() }
        } else {
            Commit { release: vec![bar.clone()], ..Commit::default() }
        };
        world.bulk.ledger().commit(commit)
    };
    let kept = world.approved(on("2026-11-27", Kind::Transfers), vec![within(1, 700)]).await;
    let lifted = world.approved(on("2026-11-30", Kind::Transfers), vec![within(1, 40)]).await;
    let ended = world.approved(on("2026-12-01", Kind::Transfers), vec![within(1, 5)]).await;
    stop(true).await.unwrap();
    for (time, state) in [
        ("2026-11-27T08:30:00", State::Approved),
        ("2026-11-27T11:00:00", State::Approved),
        ("2026-11-27T14:00:00", State::Failed),
    ] {
        world.bank.go_to(time);
        while world.bulk.look(&stopped).await.unwrap() > 0 {}
        let found = world.found(kept.id).await;
        assert_eq!((found.state, found.reason), (state, Some(Reason::Stopped)), "{time}");
    }
    assert_eq!(world.balance(OWN).await, 1_000_000);
    assert_eq!(world.states(kept.id).await, [RowState::Waiting]);
    world.bank.go_to("2026-11-30T11:00:00");
    while world.bulk.look(&stopped).await.unwrap() > 0 {}
    stop(false).await.unwrap();
    while world.bulk.look(&stopped).await.unwrap() > 0 {}
    assert_eq!(world.found(lifted.id).await.state, State::Approved, "this time was tried already");
    world.bank.go_to("2026-11-30T14:00:00");
    while world.bulk.look(&stopped).await.unwrap() > 0 {}
    assert_eq!((world.found(lifted.id).await.state, world.balance(OWN).await), (State::Done, 999_960));
    world.bank.go_to("2026-12-01T08:30:00");
    while world.bulk.look(&Told(Standing { is_over: true, ..Standing::default() })).await.unwrap() > 0 {}
    let found = world.found(ended.id).await;
    assert_eq!((found.state, found.reason), (State::Failed, Some(Reason::ContractEnded)));
    assert_eq!(world.balance(OWN).await, 999_960);
    world.assert_clean().await;
}

/// Of each row the amount is credited, or it comes back: an account that is none, one that is closed, one that the
/// network refuses, and one that the other bank cannot credit, also after the batch is done.
async fn what_fails_or_comes_back_goes_to_the_payer(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    let rows = vec![
        within(1, 1),
        within(9, 10),
        within(2, 100),
        abroad("9999999", 1_000),
        abroad("0000000", 10_000),
        abroad("0000001", 100_000),
    ];
    let batch = world.approved(world.heading(Kind::Transfers), rows).await;
    world.bulk.ledger().close_account(payee(2)).await.unwrap();
    world.bank.go_to(ON);
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!((done.state, world.balance(done.fund).await), (State::Done, 0));
    assert_eq!(world.balance(OWN).await, 1_000_000 - 1 - 100_000);
    let rows = world.rows(batch.id).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.result.state, row.result.reason.as_deref(), row.result.code.as_deref()))
        .collect();
    let none = Some("入金口座なし");
    assert_eq!(
        told,
        [
            (RowState::Done, None, None),
            (RowState::Failed, none, Some("payee_closed")),
            (RowState::Failed, none, Some("payee_closed")),
            (RowState::Failed, Some("銀行間ネットワークの受付不可"), Some("AG01")),
            (RowState::Returned, Some("入金不能"), Some("AC01")),
            (RowState::Sent, None, None),
        ]
    );
    let failed = world.bulk.rows(world.bank.contract, batch.id, Only::Failed, 0, 10).await.unwrap();
    assert_eq!(failed.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 4, 5]);
    // what was credited or taken by the network is charged: rows 1, 5 and 6
    assert_eq!(world.bank.charges().await, [("bulk".to_owned(), 110 + 330 + 495)]);
    // days later the last one comes back after all
    let order = rows[5].result.order.unwrap();
    world.bank.go_to("2026-11-27T16:00:00");
    world.bank.engine.settle_days().await.unwrap();
    world.bank.go_to("2026-11-30T10:00:00");
    network.give_back(&order.uuid().simple().to_string(), 100_000).await;
    world.work().await;
    assert_eq!((world.balance(OWN).await, world.balance(done.fund).await), (999_999, 0));
    assert_eq!(world.states(batch.id).await[5], RowState::Returned);
    assert_eq!(world.found(batch.id).await.state, State::Done);
    world.assert_clean().await;
    // the failed rows are a new draft
    let again: Vec<_> = failed.iter().map(|row| NewRow::of(row.record)).collect();
    let heading = Heading { day: day("2026-12-01"), ..world.heading(Kind::Transfers) };
    assert_eq!(world.draft(heading, again).await.amount, yen(11_110));
}

/// Rows = debit = credits + returns, whoever carries them out, and however often.
async fn many_rows_go_in_many_commits_and_two_engines_do_nothing_twice(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let row = |number: u64| match number % 7 {
        0 => within(9, number),
        1 => abroad("0000001", number),
        2 if number.is_multiple_of(5) => abroad("9999999", number),
        3 if number.is_multiple_of(5) => abroad("0000000", number),
        other => within(i64::try_from(other % 3).unwrap() + 1, number),
    };
    let batch = world.approved(world.heading(Kind::Transfers), (1..=600).map(row).collect()).await;
    world.bank.go_to(ON);
    let other = bulk::Bulk::new(world.bank.engine.clone(), own());
    for _ in 0..10 {
        let (one, two) = tokio::join!(world.bulk.look(&Unstopped), other.look(&Unstopped));
        one.unwrap();
        two.unwrap();
    }
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Done);
    let rows = world.rows(batch.id).await;
    let sum = |states: &[RowState]| {
        rows.iter().filter(|row| states.contains(&row.result.state)).map(|row| row.amount.get()).sum::<i64>()
    };
    let (credited, sent, back) =
        (sum(&[RowState::Done]), sum(&[RowState::Sent]), sum(&[RowState::Failed, RowState::Returned]));
    assert_eq!(credited + sent + back, 180_300);
    assert_eq!(world.balance(OWN).await, 1_000_000 - credited - sent);
    let mut paid = 0;
    for number in 1..=3 {
        paid += world.balance(payee(number)).await;
    }
    assert_eq!(paid, credited);
    let debits: i64 = database::read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT CAST(count(*) AS BIGINT) FROM transfer WHERE debit = $1")
            .bind(OWN.get())
            .fetch_one(c)
            .await
    })
    .unwrap();
    assert_eq!(debits, 1);
    world.assert_clean().await;
}

async fn what_comes_back_to_a_closed_account_is_kept_for_people(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let batch = world
        .approved(world.heading(Kind::Transfers), vec![within(1, 1), within(9, 10), abroad("0000000", 100)])
        .await;
    world.bank.deposit(OWN, 111).await;
    world.bank.go_to(ON);
    // the first look debits it
    world.bulk.look(&Unstopped).await.unwrap();
    assert_eq!(world.found(batch.id).await.state, State::Running);
    let rest = world.balance(OWN).await;
    let away = world.bank.own(account("9999", "101", "1234567"), rest);
    world.bank.engine.place(away).await.unwrap();
    assert!(world.bulk.ledger().close_account(OWN).await.unwrap());
    world.work().await;
    assert_eq!(world.found(batch.id).await.state, State::Done);
    let kept = world.bulk.ledger().internal_balance(transfers::chart::SUSPENSE).await.unwrap();
    assert_eq!(kept, yen(110));
    assert!(world.bank.alarms().await.contains(&("transfer_return_held".to_owned(), batch.id.to_string())));
    world.assert_clean().await;
}

/// The rows of the second commit are made ready beside the first, which closes the account of one of them.
async fn a_payee_that_closes_between_two_commits_is_paid_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    let row = |number: u64| within(if number == 280 { 2 } else { 1 }, number);
    let batch = world.approved(world.heading(Kind::Transfers), (1..=300).map(row).collect()).await;
    let database = &world.bank.database;
    let close = format!("UPDATE account SET closed_us = 1 WHERE id = {}", payee(2).get());
    let when = "AFTER INSERT ON event FOR EACH ROW WHEN (NEW.kind = 'bulk-posted')";
    let statements = match database.on() {
        Either::Sqlite(_) => vec![format!("CREATE TRIGGER meanwhile {when} BEGIN {close}; END")],
        Either::Postgres(_) => vec![
            format!(
                "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql
                 AS $$ BEGIN {close}; RETURN NULL; END $$"
            ),
            format!("CREATE TRIGGER meanwhile {when} EXECUTE FUNCTION meanwhile()"),
        ],
    };
    for statement in statements {
        execute!(database, sqlx::AssertSqlSafe(statement)).unwrap();
    }
    world.bank.go_to(ON);
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!((done.state, world.balance(done.fund).await), (State::Done, 0));
    let failed = world.bulk.rows(world.bank.contract, batch.id, Only::Failed, 0, 10).await.unwrap();
    let told: Vec<_> = failed.iter().map(|row| (row.number, row.result.code.as_deref())).collect();
    assert_eq!(told, [(280, Some("payee_closed"))]);
    assert_eq!((world.balance(payee(2)).await, world.balance(payee(1)).await), (0, 45_150 - 280));
    assert_eq!(world.balance(OWN).await, 1_000_000 - 45_150 + 280);
    world.assert_clean().await;
}

fn salary(bank: &str, branch: &str, number: &str, amount: u64) -> NewRow {
    NewRow::of(
        payroll::Line {
            bank: Digits::of(bank).unwrap(),
            branch: Digits::of(branch).unwrap(),
            account_kind: Code(b'1'),
            number: Digits::of(number).unwrap(),
            name: Name::of_bytes(b"\xd4\xcf").unwrap(),
            amount: Number::of(amount).unwrap(),
            ..payroll::Line::default()
        }
        .write(),
    )
}

/// Payday is Tuesday the first: debited on Friday where a row goes to another bank, on Monday where none does, and
/// carried out when the network opens.
async fn salaries_are_debited_ahead_and_there_before_ten(test: TestDatabase) {
    let (world, network) = World::networked(test).await;
    let heading = |kind| Heading { day: day("2026-12-01"), ..world.heading(kind) };
    let both = vec![salary("9999", "201", "0100001", 250_000), salary("0125", "100", "0000001", 260_000)];
    let both = world.approved(heading(Kind::Salaries), both).await;
    let own = world.approved(heading(Kind::Bonuses), vec![salary("9999", "201", "0100002", 70_000)]).await;
    assert_eq!(both.approved_before(world.bulk.terms()), at("2026-11-26T12:00:00"));
    assert_eq!(own.approved_before(world.bulk.terms()), at("2026-11-30T12:00:00"));
    for (time, balance, states) in [
        ("2026-11-27T11:59:59", 1_000_000, [State::Approved, State::Approved]),
        ("2026-11-27T12:00:00", 490_000, [State::Running, State::Approved]),
        ("2026-11-30T12:00:00", 420_000, [State::Running, State::Running]),
        ("2026-12-01T08:29:59", 420_000, [State::Running, State::Running]),
        ("2026-12-01T08:30:00", 420_000, [State::Done, State::Done]),
    ] {
        world.bank.go_to(time);
        world.work().await;
        assert_eq!(world.balance(OWN).await, balance, "{time}");
        assert_eq!([world.found(both.id).await.state, world.found(own.id).await.state], states, "{time}");
    }
    assert_eq!([world.balance(payee(1)).await, world.balance(payee(2)).await], [250_000, 70_000]);
    assert_eq!(network.taken().await.len(), 1);
    world.assert_clean().await;
}
