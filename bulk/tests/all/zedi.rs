//! 総合振込 as pain.001: EDI is kept byte for byte, and pain.002 tells what became of each payment.

use bulk::{Heading, Kind, RowState, SourceFile, State, zedi};
use database::on_both;
use database::testing::TestDatabase;
use formats::iso20022::{pain001, pain002};
use formats::kana::{Class, ZenginText};
use formats::zengin::transfer::{Header, Line};
use formats::zengin::{Code, Digits, Name, Rules, Tolerance};

use crate::support::day;
use crate::world::{ON, World, record, stranger};
use crate::xsd::validated;

on_both!(
    a_message_becomes_a_batch_with_its_edi_and_is_answered,
    what_is_wrong_with_a_message_leaves_nothing,
    a_message_of_a_batch_that_is_not_carried_out_is_refused_whole,
);

fn rules() -> Rules<'static> {
    Rules {
        today: day("2026-11-26"),
        tolerance: Tolerance::default(),
        directory: None,
        lines_max: 3,
        findings_max: 10,
    }
}

/// To an account here, one at another bank, and one that the network refuses; with lines of every kind behind them.
fn message() -> pain001::Message {
    let payment = |number: &str, bank: &str, branch: &str, account: &str, edi: &[&str]| pain001::Payment {
        end_to_end: number.to_owned(),
        line: Line {
            clearing_house: Default::default(),
            ..Line::read(&record(bank, branch, account, 1_000))
        },
        to_bank: ":       :0000".to_owned(),
        edi: edi.iter().map(|line| (*line).to_owned()).collect(),
    };
    pain001::Message {
        id: "MSG-1".to_owned(),
        created: "2026-11-26T10:00:00".to_owned(),
        batch: "BATCH-1".to_owned(),
        day: day("2026-11-27"),
        header: Header {
            kind: Digits::of("21").unwrap(),
            originator: Digits::of("1234567890").unwrap(),
            originator_name: Name::of(&ZenginText::typed("カ)ミホン", Class::Party).unwrap()).unwrap(),
            day: Digits::of("1127").unwrap(),
            bank: Digits::of("9999").unwrap(),
            branch: Digits::of("100").unwrap(),
            account_kind: Code(b'1'),
            number: Digits::of("1234567").unwrap(),
            ..Header::default()
        },
        payments: vec![
            payment("E2E-1", "9999", "201", "0100001", &["Content-Type: text/xml", "PFNaRURJPiDvvpHvvbI="]),
            payment("E2E-2", "0125", "100", "1000000", &[]),
            payment("E2E-3", "0125", "100", "9999999", &["ﾌﾂｳﾉ 文 & <x>"]),
        ],
    }
}

async fn batch(world: &World) -> (bulk::Batch, pain001::Message) {
    let sent = message();
    let bytes = pain001::write(&sent).unwrap();
    validated(pain001::MESSAGE, &bytes);
    let read = zedi::read(&bytes, &rules()).unwrap();
    assert_eq!((read.total.count, read.total.amount, read.rows.len()), (3, 3_000, 3));
    let file = SourceFile { name: "zedi.xml".to_owned(), digest: [1; 32], header: read.group };
    let heading = Heading {
        name: read.header.name,
        day: read.header.day.unwrap(),
        file: Some(file),
        ..world.heading(Kind::Transfers)
    };
    assert_eq!(read.header.from.as_ref(), Some(&heading.from));
    assert!(heading.is_message() && !world.heading(Kind::Transfers).is_message());
    (world.draft(heading, read.rows).await, sent)
}

/// Statuses of the answer in their order, and that of all.
fn statuses(report: &[u8]) -> (Vec<String>, String) {
    let text = String::from_utf8(report.to_vec()).unwrap();
    let of = |name: &str| -> Vec<String> {
        let open = format!("<{name}>");
        text.split(&open).skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    assert_eq!(of("OrgnlEndToEndId"), ["E2E-1", "E2E-2", "E2E-3"]);
    assert_eq!(
        (of("OrgnlMsgId"), of("OrgnlPmtInfId")),
        (vec!["MSG-1".to_owned()], vec!["BATCH-1".to_owned()])
    );
    assert_eq!((of("OrgnlNbOfTxs"), of("OrgnlCtrlSum")), (vec!["3".to_owned()], vec!["3000".to_owned()]));
    (of("TxSts"), of("GrpSts").remove(0))
}

/// Proves R117.
async fn a_message_becomes_a_batch_with_its_edi_and_is_answered(test: TestDatabase) {
    let (world, _network) = World::networked(test).await;
    let (draft, sent) = batch(&world).await;
    let contract = world.bank.contract;
    let report = async || {
        let report = world.bulk.status_report(contract, draft.id).await.unwrap().unwrap();
        validated(pain002::MESSAGE, &report);
        statuses(&report)
    };
    assert_eq!(report().await, (vec!["ACCP".to_owned(); 3], "ACCP".to_owned()));
    let asked = world.bulk.request(world.act(&draft)).await.unwrap();
    world.bulk.approve(world.approval(&asked)).await.unwrap();
    world.bank.go_to(ON);
    world.work().await;
    assert_eq!(world.found(draft.id).await.state, State::Done);
    let rows = world.rows(draft.id).await;
    for (row, payment) in rows.iter().zip(&sent.payments) {
        assert_eq!(row.edi(), payment.edi, "byte for byte");
    }
    assert_eq!(
        rows.iter().map(|row| row.result.state).collect::<Vec<_>>(),
        [RowState::Done, RowState::Sent, RowState::Failed]
    );
    let accepted = ["ACSC", "ACCP", "RJCT"].map(str::to_owned).to_vec();
    assert_eq!(report().await, (accepted, "PART".to_owned()));
    // the network's day is over
    world.bank.go_to("2026-11-27T16:00:00");
    world.bank.engine.settle_day(day("2026-11-27")).await.unwrap();
    world.work().await;
    let settled = ["ACSC", "ACSC", "RJCT"].map(str::to_owned).to_vec();
    assert_eq!(report().await, (settled, "PART".to_owned()));
    assert!(world.bulk.status_report(stranger().0, draft.id).await.unwrap().is_none());
    world.assert_clean().await;
}

async fn what_is_wrong_with_a_message_leaves_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    let text = String::from_utf8(pain001::write(&message()).unwrap()).unwrap();
    for (right, wrong) in [
        ("<CtrlSum>3000<", "<CtrlSum>3001<"),
        ("<NbOfTxs>3<", "<NbOfTxs>2<"),
        ("<PmtMtd>TRF<", "<PmtMtd>CHK<"),
        ("<ReqdExctnDt>2026-11-27<", "<ReqdExctnDt>2026-11-28<"),
    ] {
        assert!(text.contains(right), "{right}");
        let found = zedi::read(text.replacen(right, wrong, 1).as_bytes(), &rules());
        assert!(found.is_err(), "{wrong}");
    }
    // the fourth of three that may be
    let mut four = message();
    four.payments.push(pain001::Payment { end_to_end: "E2E-4".to_owned(), ..four.payments[1].clone() });
    assert!(zedi::read(&pain001::write(&four).unwrap(), &rules()).is_err());
    // a batch that came otherwise has no answer
    let other = world.draft(world.heading(Kind::Transfers), vec![crate::world::within(1, 1)]).await;
    assert!(world.bulk.status_report(world.bank.contract, other.id).await.unwrap().is_none());
}

async fn a_message_of_a_batch_that_is_not_carried_out_is_refused_whole(test: TestDatabase) {
    let world = World::new(test).await;
    let (draft, _) = batch(&world).await;
    world.bulk.request(world.act(&draft)).await.unwrap();
    world.bank.go_to("2026-11-26T12:00:00");
    world.work().await;
    assert_eq!(world.found(draft.id).await.state, State::Void);
    let report = world.bulk.status_report(world.bank.contract, draft.id).await.unwrap().unwrap();
    validated(pain002::MESSAGE, &report);
    assert_eq!(statuses(&report), (vec!["RJCT".to_owned(); 3], "RJCT".to_owned()));
    assert!(String::from_utf8(report).unwrap().contains("期限切れ"));
}
