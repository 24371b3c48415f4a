//! 地方税納付: one debit, a clearing account for each municipality, notices, and the settlement to its institution.

use bulk::{Heading, Kind, NewRow, RowState, State};
use database::on_both;
use database::testing::TestDatabase;
use domain::{AccountId, Yen};
use formats::kana::{Class, ZenginText};
use formats::zengin::local_tax::Parts;
use formats::zengin::{LocalTax, Sum};
use transfers::chart;

use crate::support::{OWN, at, day};
use crate::world::{World, stranger, yen};

on_both!(a_tax_is_paid_to_each_municipality_and_settled_the_next_day,);

/// A line of a municipality.
pub fn row(municipality: &str, designation: &str, amount: u64) -> NewRow {
    let parts = Parts {
        municipality: municipality.to_owned(),
        municipality_name: ZenginText::default(),
        designation: ZenginText::typed(designation, Class::Party).unwrap(),
        salary: Sum { count: 3, amount },
        retirement: Sum::default(),
    };
    NewRow::of(LocalTax::embedded().new_line(&parts).unwrap().record)
}

/// Sendai has this bank as its institution, Ishinomaki another one.
async fn a_tax_is_paid_to_each_municipality_and_settled_the_next_day(test: TestDatabase) {
    let world = World::new(test).await;
    let heading =
        Heading { day: day("2026-12-10"), month: Some(day("2026-11-01")), ..world.heading(Kind::LocalTax) };
    let rows = vec![row("041009", "123", 50_000), row("042021", "77", 30_000), row("041009", "124", 1)];
    let batch = world.approved(heading, rows).await;
    assert_eq!(batch.approved_before(world.bulk.terms()), at("2026-12-03T15:00:00"));
    world.bank.go_to("2026-12-10T08:30:00");
    world.work().await;
    let done = world.found(batch.id).await;
    assert_eq!((done.state, world.balance(done.fund).await), (State::Done, 0));
    assert_eq!((world.balance(OWN).await, world.states(batch.id).await), (919_999, vec![RowState::Done; 3]));
    let of = |id: i64| world.bulk.ledger().internal_balance(AccountId::new(id));
    let clearing = |code: i64| of(1_000_920_000_000 + code);
    assert_eq!(
        (clearing(41_009).await.unwrap(), clearing(42_021).await.unwrap()),
        (yen(50_001), yen(30_000))
    );
    let notices = world.bulk.notices(world.bank.contract, batch.id, 0).await.unwrap();
    assert_eq!(notices.len(), 3, "one for every line");
    assert_eq!((notices[0].municipality.as_str(), notices[0].designation.as_str()), ("041009", "123"));
    assert_eq!((notices[0].salary, notices[0].retirement), ((3, yen(50_000)), (0, Yen::ZERO)));
    assert_eq!((notices[1].amount, notices[1].day), (yen(30_000), day("2026-12-10")));
    assert!(world.bulk.notices(stranger().0, batch.id, 0).await.unwrap().is_empty());
    assert_eq!(world.bank.charges().await, [("bulk".to_owned(), 990)]);
    world.assert_clean().await;
    world.bank.go_to("2026-12-10T23:59:59");
    world.work().await;
    assert_eq!(clearing(41_009).await.unwrap(), yen(50_001), "the day is not over");
    world.bank.go_to("2026-12-11T00:00:00");
    world.work().await;
    assert_eq!((clearing(41_009).await.unwrap(), clearing(42_021).await.unwrap()), (Yen::ZERO, Yen::ZERO));
    assert_eq!(of(1_000_921_041_009).await.unwrap(), yen(50_001));
    assert_eq!(of(chart::BANK_OF_JAPAN.get()).await.unwrap(), yen(30_000));
    world.work().await;
    world.assert_clean().await;
}
