//! Drafts: rows as they come, files, and changes under the version that was seen.

use std::time::Duration;

use bulk::{
    ActError, BatchQuery, EditError, Heading, Intake, Kind, Line, NewRow, Only, Route, SourceFile, State,
    peek,
};
use database::testing::TestDatabase;
use database::{on_both, read};
use domain::deduction::{Method, Terms as Deduction};
use edge::Shutdown;
use formats::zengin::transfer::{Header, Line as TransferLine};
use formats::zengin::{Code, Digits, Flow, Name, Rules, Tolerance, Transfers, Writer};

use crate::support::{Unstopped, day};
use crate::world::{World, abroad, record, stranger, within, yen};

on_both!(
    a_draft_sums_up_its_rows_and_tells_what_is_wrong_with_each,
    a_change_names_the_version_that_was_seen,
    a_batch_has_as_many_rows_as_its_route_allows,
    an_upload_that_ends_while_it_writes_leaves_nothing,
    the_payee_bears_the_fee_by_the_contracts_terms,
    a_file_becomes_a_draft_as_its_bytes_come,
    a_file_with_faulty_rows_is_mended_and_a_broken_one_leaves_nothing,
    a_draft_that_is_thrown_away_leaves_no_rows,
    only_its_contract_sees_a_batch,
);

async fn a_draft_sums_up_its_rows_and_tells_what_is_wrong_with_each(test: TestDatabase) {
    let world = World::new(test).await;
    let rows = vec![
        NewRow::of(record("9999", "100", "7654321", 1_000)),
        within(1, 30_000),
        abroad("0000001", 29_999),
        abroad("0000001", 30_000),
        NewRow::of(record("0125", "999", "0000001", 500)),
    ];
    let batch = world.draft(world.heading(Kind::Transfers), rows).await;
    assert_eq!((batch.state, batch.version, batch.rows), (State::Draft, 1, 5));
    assert_eq!((batch.amount, batch.fees), (yen(90_999), yen(330 + 330 + 495)));
    assert_eq!((batch.faulty, batch.abroad, batch.is_within()), (1, 2, false));
    let contract = world.bank.contract;
    let faulty = world.bulk.rows(contract, batch.id, Only::Faulty, 0, 10).await.unwrap();
    assert_eq!((faulty.len(), faulty[0].number, faulty[0].amount), (1, 5, yen(0)));
    assert_eq!(faulty[0].faults[0].field, "被仕向支店番号");
    assert!(matches!(world.bulk.request(world.act(&batch)).await, Err(ActError::Faulty(1))));
    let batch = world.bulk.put_row(contract, batch.id, 1, 5, abroad("0000001", 500)).await.unwrap();
    assert_eq!((batch.version, batch.rows, batch.faulty, batch.abroad), (2, 5, 0, 3));
    assert_eq!((batch.amount, batch.fees), (yen(91_499), yen(1_485)));
    let batch = world.bulk.remove_rows(contract, batch.id, 2, &[2, 4]).await.unwrap();
    assert_eq!((batch.rows, batch.amount, batch.fees, batch.abroad), (3, yen(31_499), yen(660), 2));
    // a number is nobody else's again
    let batch = world.bulk.add_rows(contract, batch.id, 3, vec![within(2, 1), within(3, 2)]).await.unwrap();
    let numbers: Vec<_> = world.rows(batch.id).await.iter().map(|row| row.number).collect();
    assert_eq!((numbers, batch.amount), (vec![1, 3, 5, 6, 7], yen(31_502)));
    world.assert_clean().await;
}

async fn a_change_names_the_version_that_was_seen(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let contract = world.bank.contract;
    let put = |version, number| world.bulk.put_row(contract, batch.id, version, number, within(1, 200));
    assert!(matches!(put(0, 1).await, Err(EditError::Stale)));
    assert!(matches!(put(1, 2).await, Err(EditError::NotFound)));
    // of two who change the same one, one comes too late
    let (one, other) = tokio::join!(put(1, 1), put(1, 1));
    assert!(one.is_ok() != other.is_ok());
    assert_eq!(world.found(batch.id).await.amount, yen(200));
    let heading = Heading { title: "別の題".to_owned(), ..world.heading(Kind::Transfers) };
    let set = |version, heading| world.bulk.set_heading(contract, batch.id, version, heading);
    assert!(matches!(set(1, heading.clone()).await, Err(EditError::Stale)));
    assert!(matches!(set(2, world.heading(Kind::Salaries)).await, Err(EditError::OtherBusiness)));
    let batch = set(2, heading).await.unwrap();
    assert_eq!(batch.heading.title, "別の題");
    let asked = world.bulk.request(world.act(&batch)).await.unwrap();
    let found = world.bulk.put_row(contract, batch.id, asked.version, 1, within(1, 300)).await;
    assert!(matches!(found, Err(EditError::NotEditable(State::Requested))));
    // nor behind the engine's back
    let sql = "UPDATE bulk_row SET amount = 1 WHERE batch = $1";
    let changed = database::execute!(world.bank.database, sql, batch.id.uuid());
    assert!(changed.unwrap_err().to_string().contains("that was asked for"));
}

/// Proves R113.
/// Proves R116.
async fn a_batch_has_as_many_rows_as_its_route_allows(test: TestDatabase) {
    let world = World::new(test).await;
    let web = Heading { route: Route::Web, ..world.heading(Kind::Transfers) };
    let rows = |count: usize| (0..count).map(|_| within(1, 1)).collect::<Vec<_>>();
    let batch = world.draft(web.clone(), rows(200)).await;
    let contract = world.bank.contract;
    let more = world.bulk.add_rows(contract, batch.id, 1, rows(1)).await;
    assert!(matches!(more, Err(EditError::TooMany { most: 200 })));
    let mut upload = world.bulk.begin(contract, world.bank.user, web).await.unwrap();
    assert!(matches!(upload.add(rows(201)).await, Err(EditError::TooMany { most: 200 })));
    upload.abandon().await.unwrap();
    // 口座振替 is not for Webプラン
    let debits = Heading { route: Route::Web, ..world.heading(Kind::Debits) };
    let begun = world.bulk.begin(contract, world.bank.user, debits).await;
    assert!(matches!(begun.map(drop), Err(EditError::TooMany { most: 0 })));
    let left: i64 = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT CAST(count(*) AS BIGINT) FROM bulk_row").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(left, 200);
}

/// The rows of an upload are written beside its reading: whoever goes away meanwhile leaves nothing for good.
async fn an_upload_that_ends_while_it_writes_leaves_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    let (contract, user) = (world.bank.contract, world.bank.user);
    let count = async || -> i64 {
        let sql = "SELECT CAST(count(*) AS BIGINT) FROM bulk_row";
        read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    };
    let writing = async || {
        let mut upload = world.bulk.begin(contract, user, world.heading(Kind::Transfers)).await.unwrap();
        upload.add((0..5_000).map(|_| within(1, 1))).await.unwrap();
        upload
    };
    writing().await.abandon().await.unwrap();
    assert_eq!(count().await, 0, "what was being written is taken away too");
    // a connection that is lost abandons nothing
    drop(writing().await);
    let reaches = async |rows: i64| {
        for _ in 0..3_000 {
            if count().await == rows {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} rows in place of {rows}", count().await);
    };
    reaches(5_000).await;
    assert!(world.bulk.list(&BatchQuery::newest(contract, 10)).await.unwrap().is_empty());
    world.bank.clock.advance_seconds(3_601);
    let (_trigger, stop) = Shutdown::pair();
    let worker = tokio::spawn(world.bulk.clone().run(Unstopped, stop));
    reaches(0).await;
    worker.abort();
    world.assert_clean().await;
}

/// Proves R122.
/// Proves R123.
async fn the_payee_bears_the_fee_by_the_contracts_terms(test: TestDatabase) {
    let world = World::new(test).await;
    let deduction = Deduction { method: Method::Plain, minimum: yen(0), own: None };
    let heading = Heading { deduction: Some(deduction), ..world.heading(Kind::Transfers) };
    let borne = |row: NewRow| NewRow { is_deducted: true, ..row };
    let rows =
        vec![borne(abroad("0000001", 30_200)), abroad("0000001", 30_200), borne(abroad("0000001", 330))];
    let batch = world.draft(heading.clone(), rows).await;
    let rows = world.rows(batch.id).await;
    // 495 are deducted, so that less than 30,000 are sent, for 330: a row that is marked
    assert_eq!((rows[0].owed, rows[0].amount, rows[0].fee), (Some(yen(30_200)), yen(29_705), yen(330)));
    assert_eq!((rows[0].deducted(), rows[0].is_marked()), (yen(495), true));
    let line = Line::read(Kind::Transfers, 1, &rows[0].record, None).unwrap();
    assert_eq!(line.amount(), yen(29_705));
    assert_eq!((rows[1].owed, rows[1].amount, rows[1].is_marked()), (None, yen(30_200), false));
    assert_eq!((rows[2].faults.len(), batch.faulty, batch.amount), (1, 1, yen(59_905)));
    // without the terms nothing is deducted any more
    let plain = Heading { deduction: None, ..heading };
    let batch = world.bulk.set_heading(world.bank.contract, batch.id, 1, plain).await.unwrap();
    let rows = world.rows(batch.id).await;
    assert_eq!((rows[0].owed, rows[0].amount, batch.amount), (None, yen(30_200), yen(60_400)));
}

fn rules() -> Rules<'static> {
    Rules {
        today: day("2026-11-26"),
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: 50_000,
        findings_max: 10,
    }
}

fn header() -> Header {
    Header {
        kind: Digits::of("21").unwrap(),
        code_division: Digits::of("0").unwrap(),
        originator: Digits::of("1234567890").unwrap(),
        originator_name: Name::of_bytes(b"\xb6)\xd0\xce\xdd").unwrap(),
        day: Digits::of("1127").unwrap(),
        bank: Digits::of("9999").unwrap(),
        branch: Digits::of("100").unwrap(),
        account_kind: Code(b'1'),
        number: Digits::of("1234567").unwrap(),
        ..Header::default()
    }
}

/// A file of 総合振込.
fn file(rows: usize) -> Vec<u8> {
    let (mut writer, mut bytes) = Writer::begin(Transfers, rules(), &header()).unwrap();
    for row in 1..=rows {
        let line =
            TransferLine::read(&record("0125", "100", &format!("{row:07}"), u64::try_from(row).unwrap()));
        bytes.extend(writer.line(&line).unwrap());
    }
    bytes.extend(writer.end().unwrap());
    bytes
}

async fn intake(world: &World, bytes: &[u8], part: usize) -> bulk::Taken {
    let today = day("2026-11-26");
    let peeked = peek(Kind::Transfers, bytes, today).unwrap();
    let heading = Heading {
        day: peeked.day.unwrap(),
        from: peeked.from.unwrap(),
        file: Some(SourceFile {
            name: "sogo.txt".to_owned(),
            digest: [7; 32],
            header: peeked.header.to_vec(),
        }),
        ..world.heading(Kind::Transfers)
    };
    let upload = world.bulk.begin(world.bank.contract, world.bank.user, heading).await.unwrap();
    let mut intake = Intake::new(&world.bulk, upload, today);
    for part in bytes.chunks(part) {
        if intake.push(part).await.unwrap() == Flow::Stop {
            break;
        }
    }
    intake.end().await.unwrap()
}

/// Proves R117.
async fn a_file_becomes_a_draft_as_its_bytes_come(test: TestDatabase) {
    let world = World::new(test).await;
    let bytes = file(300);
    let peeked = peek(Kind::Transfers, &bytes, day("2026-11-26")).unwrap();
    assert_eq!((peeked.originator.as_str(), peeked.name.as_str()), ("1234567890", "ｶ)ﾐﾎﾝ"));
    assert_eq!(peeked.day, Some(day("2026-11-27")));
    let taken = intake(&world, &bytes, 977).await;
    assert!(taken.findings.is_empty() && taken.total.count == 300);
    let batch = taken.upload.finish(world.bank.contract, "user").await.unwrap();
    assert_eq!((batch.rows, batch.amount, batch.faulty, batch.abroad), (300, yen(45_150), 0, 300));
    let rows = world.rows(batch.id).await;
    assert!(rows.iter().zip(1..).all(|(row, number)| row.number == number && row.amount == yen(number)));
    assert_eq!(rows[41].record, record("0125", "100", "0000042", 42), "byte for byte");
    let again = world.bulk.of_file(world.bank.contract, &[7; 32]).await.unwrap();
    assert_eq!(again.iter().map(|batch| batch.id).collect::<Vec<_>>(), [batch.id]);
    assert!(world.bulk.of_file(stranger().0, &[7; 32]).await.unwrap().is_empty());
}

async fn a_file_with_faulty_rows_is_mended_and_a_broken_one_leaves_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    // a small kana in the second row, no amount in the third; the trailer then proves nothing
    let mut bytes = file(4);
    bytes[2 * 122 + 50] = 0xa7;
    bytes[3 * 122 + 80..3 * 122 + 90].copy_from_slice(b"0000000000");
    bytes[5 * 122 + 7..5 * 122 + 19].copy_from_slice(b"000000000007");
    let taken = intake(&world, &bytes, 50).await;
    assert!(taken.is_mendable, "{:?}", taken.findings);
    let batch = taken.upload.finish(world.bank.contract, "user").await.unwrap();
    assert_eq!((batch.rows, batch.faulty, batch.amount), (4, 2, yen(5)));
    let faulty: Vec<_> =
        world.rows(batch.id).await.into_iter().filter(|row| !row.faults.is_empty()).collect();
    assert_eq!(faulty.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3], "in the order of the file");
    assert_eq!(faulty[0].faults[0].field, "受取人名");
    let mended = world.bulk.put_row(world.bank.contract, batch.id, 1, 2, abroad("0000002", 2)).await.unwrap();
    let mended =
        world.bulk.put_row(world.bank.contract, batch.id, mended.version, 3, abroad("0000003", 3)).await;
    assert_eq!((mended.as_ref().unwrap().faulty, mended.unwrap().amount), (0, yen(10)));
    // a trailer that sums up to something else
    let mut bytes = file(3);
    bytes[4 * 122 + 18] ^= 1;
    let taken = intake(&world, &bytes, 1_000).await;
    assert!(!taken.is_mendable && !taken.findings.is_empty());
    taken.upload.abandon().await.unwrap();
    let listed = world.bulk.list(&BatchQuery::newest(world.bank.contract, 10)).await.unwrap();
    assert_eq!(listed.len(), 1, "nothing of it was taken in");
}

async fn a_draft_that_is_thrown_away_leaves_no_rows(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100), within(2, 5)]).await;
    let contract = world.bank.contract;
    assert!(matches!(world.bulk.discard(contract, batch.id, 2, "user").await, Err(EditError::Stale)));
    assert!(matches!(world.bulk.discard(stranger().0, batch.id, 1, "user").await, Err(EditError::NotFound)));
    let gone = world.bulk.discard(contract, batch.id, 1, "user").await.unwrap();
    assert_eq!((gone.state, world.rows(batch.id).await.len()), (State::Discarded, 0));
    assert!(matches!(
        world.bulk.put_row(contract, batch.id, 2, 1, within(1, 1)).await,
        Err(EditError::NotEditable(State::Discarded))
    ));
    world.assert_clean().await;
}

async fn only_its_contract_sees_a_batch(test: TestDatabase) {
    let world = World::new(test).await;
    let batch = world.draft(world.heading(Kind::Transfers), vec![within(1, 100)]).await;
    let (contract, _) = stranger();
    let bulk = &world.bulk;
    assert!(bulk.find(contract, batch.id).await.unwrap().is_none());
    assert!(bulk.rows(contract, batch.id, Only::All, 0, 10).await.unwrap().is_empty());
    assert!(bulk.history(contract, batch.id).await.unwrap().is_empty());
    assert!(bulk.list(&BatchQuery::newest(contract, 10)).await.unwrap().is_empty());
    let edits = [
        bulk.put_row(contract, batch.id, 1, 1, within(1, 1)).await,
        bulk.add_rows(contract, batch.id, 1, vec![within(1, 1)]).await,
        bulk.remove_rows(contract, batch.id, 1, &[1]).await,
        bulk.set_heading(contract, batch.id, 1, world.heading(Kind::Transfers)).await,
    ];
    assert!(edits.iter().all(|edit| matches!(edit, Err(EditError::NotFound))));
    let act = bulk::Act { contract, ..world.act(&batch) };
    assert!(matches!(bulk.request(act.clone()).await, Err(ActError::NotFound)));
    assert!(matches!(bulk.withdraw(act).await, Err(ActError::NotFound)));
    let query = BatchQuery {
        states: vec![State::Draft],
        kinds: vec![Kind::Transfers],
        ..BatchQuery::newest(world.bank.contract, 10)
    };
    assert_eq!(bulk.list(&query).await.unwrap().len(), 1);
    let others = BatchQuery { kinds: vec![Kind::Debits], ..query.clone() };
    assert!(bulk.list(&others).await.unwrap().is_empty());
    let others = BatchQuery { states: vec![State::Approved], ..query };
    assert!(bulk.list(&others).await.unwrap().is_empty());
}
