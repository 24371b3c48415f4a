//! Whom a transfer goes to decides until when it goes on the same day; and whoever is paid again is paid under the name
//! of before.

use database::execute;
use database::testing::TestDatabase;
use domain::Timestamp;

use crate::support::World;
use crate::transfer_entry::{Transfer, order_of};
use crate::transfers::file_payee;

database::on_both!(
    payees_of_this_bank_are_paid_until_four_and_of_others_until_three,
    whoever_is_paid_again_keeps_the_name_of_before,
);

const TODAY: &str = "2026-11-24";

/// A payee at another bank, filed under 0002.
async fn file_other(world: &World) {
    let sql = "INSERT INTO contract_payee (id, contract, number, bank, branch, kind, account_number, name,
         registered_us) VALUES ($2, $1, '0002', '0001', '001', 'ordinary', '7654321', 'カ)アオバ', 1)";
    execute!(world.bank.database, sql, world.contract.uuid(), uuid::Uuid::from_u128(2)).unwrap();
}

/// Both are filed on paper; the second before each cut-off and the cut-off itself.
///
/// Proves R85, R87.
async fn payees_of_this_bank_are_paid_until_four_and_of_others_until_three(test: TestDatabase) {
    let world = World::new(test).await;
    file_payee(&world).await;
    file_other(&world).await;
    for (time, own, other) in [
        ("14:59:59", true, true),
        ("15:00:00", true, false),
        ("15:59:59", true, false),
        ("16:00:00", false, false),
    ] {
        let at = Timestamp::parse_rfc3339(&format!("{TODAY}T{time}+09:00")).unwrap();
        world.clock.advance_seconds(at.seconds_since(world.clock.now()));
        let mut hanako = world.signed_in().await;
        for (number, is_open) in [("0001", own), ("0002", other)] {
            let payee = [("action", "number"), ("payee", number)];
            let entry = Transfer::to(&mut hanako, &payee).await.ok().unwrap();
            let page = hanako.get(&entry.page("details")).await;
            assert_eq!(page.body.contains(&format!("value=\"{TODAY}\"")), is_open, "{number} at {time}");
            let taken = entry.details(&mut hanako, "1000", TODAY).await;
            assert_eq!(taken.location() == entry.page("review"), is_open, "{number} at {time}");
        }
    }
}

/// The account is filed under another name by now: it is no payee on paper under the name of before, so that it is
/// entered as it was, for another day.
///
/// Proves R86.
async fn whoever_is_paid_again_keeps_the_name_of_before(test: TestDatabase) {
    let world = World::new(test).await;
    file_other(&world).await;
    let mut hanako = world.signed_in().await;
    let payee = [("action", "number"), ("payee", "0002")];
    let entry = Transfer::to(&mut hanako, &payee).await.ok().unwrap();
    entry.details(&mut hanako, "1000", TODAY).await;
    let order = order_of(&entry.confirm(&mut hanako).await);
    let again = async |name: &str| {
        let sql = "UPDATE contract_payee SET name = $2 WHERE contract = $1";
        execute!(world.bank.database, sql, world.contract.uuid(), name).unwrap();
        let mut hanako = world.signed_in().await;
        let csrf = hanako.get(&order).await.token();
        let begun = hanako.post(&format!("{order}/again"), &[("csrf", &csrf)]).await;
        let page = hanako.get(begun.location()).await;
        (page.fields("payee_name").concat(), page.body.contains(&format!("value=\"{TODAY}\"")))
    };
    assert_eq!(again("カ)アオバ").await, ("ｶ)ｱｵﾊﾞ".to_owned(), true), "filed as it was");
    assert_eq!(again("カ)ベツメイ").await, ("ｶ)ｱｵﾊﾞ".to_owned(), false));
}
