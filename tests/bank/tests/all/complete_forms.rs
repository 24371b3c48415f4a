//! A complete form with right secrets: of somebody who may not do it the operation refuses it before it looks at it,
//! and of whoever may, it is done. Which pages are whose, and that a form without its fields opens nothing, is the
//! matrix's.

use database::execute;
use database::testing::TestDatabase;
use domain::UserId;
use http::StatusCode;
use internet_banking::contracts::{Business, Role};

use crate::approvals::CONFIRMED;
use crate::payeasy_entry::{Entry, bill};
use crate::payees::{FORM, first_link, with};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World};
use crate::transfer_entry::{Transfer, order_of};
use crate::users::{audited, basics, begin, submit};
use crate::{approvals, favourites};

database::on_both!(
    a_complete_form_does_nothing_for_whoever_may_not_and_its_work_for_whoever_may,
    whoever_loses_a_right_before_the_last_button_moves_no_money,
);

const DOER: (&str, &str) = ("master1", "T-0002");
const NOBODY: (&str, &str) = ("nobody01", "T-0009");

/// Two people with a token each, of whom one may everything and the other nothing.
struct Two<'w> {
    world: &'w World,
    doer: Browser,
    nobody: Browser,
}

impl<'w> Two<'w> {
    async fn of(world: &'w World) -> Self {
        add(world, DOER.0, Role::Master, DOER.1, 8).await;
        let nobody = add(world, NOBODY.0, Role::General, NOBODY.1, 9).await;
        take_rights(world, nobody, None).await;
        let (doer, nobody) =
            (approvals::signed_in(world, DOER.0).await, approvals::signed_in(world, NOBODY.0).await);
        Self { world, doer, nobody }
    }

    /// The form with everything that it could ask for besides, sent by both.
    async fn only(&mut self, action: &str, path: &str, form: &[(&str, &str)]) {
        let before = audited(self.world, action).await;
        let refused = send(self.world, (&mut self.nobody, NOBODY.1), path, form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {}", refused.body);
        assert_eq!(audited(self.world, action).await, before, "{path}");
        let done = send(self.world, (&mut self.doer, DOER.1), path, form).await;
        assert_eq!(audited(self.world, action).await, before + 1, "{path} {} {}", done.status, done.body);
    }
}

async fn send(
    world: &World,
    (browser, serial): (&mut Browser, &str),
    path: &str,
    form: &[(&str, &str)],
) -> Page {
    let (csrf, code) = (browser.get("/home").await.token(), fresh(world, serial).await);
    let mut all = vec![("csrf", csrf.as_str()), ("one_time_password", code.as_str()), CONFIRMED];
    all.extend_from_slice(form);
    browser.post(path, &all).await
}

async fn take_rights(world: &World, user: UserId, business: Option<Business>) {
    let code = business.map_or("", Business::code);
    let sql = "DELETE FROM user_right WHERE app_user = $1 AND ($2 = '' OR business = $2)";
    execute!(world.bank.database, sql, user.uuid(), code).unwrap();
}

/// Proves R4, SEC-34.
async fn a_complete_form_does_nothing_for_whoever_may_not_and_its_work_for_whoever_may(test: TestDatabase) {
    let world = World::new(test).await;
    let mut two = Two::of(&world).await;
    let user = world.hanako;
    two.only("transfer.limit", "/admin/limits/item", &[("limit", "5000")]).await;
    two.only("transfer.limit", "/admin/limits/accounts/1001", &[("limit", "5000")]).await;
    two.only("transfer.limit", &format!("/admin/limits/users/{user}"), &[("limit", "5000")]).await;
    two.only("payeasy.limit", &format!("/payeasy/limits/{user}"), &[("limit", "5000")]).await;
    two.only("payee.add", "/payees/new", &with(FORM, &[("action", "register")])).await;
    let delete = format!("{}/delete", first_link(&mut two.doer).await);
    let seen = two.doer.get(&delete).await.value("seen");
    two.only("payee.delete", &delete, &[("seen", &seen)]).await;
    for act in ["suspend", "resume", "password"] {
        two.only(&format!("user.{act}"), &format!("/admin/users/{user}/do/{act}"), &[]).await;
    }
    let entry = begin(&mut two.doer).await;
    basics(&mut two.doer, &entry, "ichiro01", "general", "").await;
    submit(&mut two.doer, &format!("{entry}/rights"), &[("payeasy-1001", "on")]).await;
    two.only("user.add", &format!("{entry}/review"), &[]).await;
    add(&world, "jiro0001", Role::General, "T-0004", 4).await;
    two.only("token.revoke", "/admin/tokens/do", &[("serial", "T-0004"), ("act", "revoke")]).await;
    let seen = two.doer.get("/admin/approvals").await.value("seen");
    let mut policy = vec![("seen", seen.as_str()), ("action", "set")];
    let (none, single) = ("none", "single");
    policy.extend([("payeasy-flow", none), ("transfer-flow", none)]);
    policy.extend([("bulk_transfer-flow", single), ("salary-flow", single)]);
    policy.extend([("local_tax-flow", single), ("direct_debit-flow", single)]);
    two.only("approval.policy", "/admin/approvals", &policy).await;

    let own = Transfer::own(&mut two.doer, "1000", "2026-11-26").await.ok().unwrap();
    let order = order_of(&own.confirm(&mut two.doer).await);
    let id = order.rsplit('/').next().unwrap();
    two.only("transfer.template_add", "/transfers/templates", &[("order", id)]).await;
    two.only("transfer.cancel", &format!("{order}/cancel"), &[]).await;
    let again = format!("{}/again", favourites::paid(&world, &mut two.doer).await);
    two.only("payeasy.favourite_add", &again, &[("action", "keep"), ("name", "源泉所得税")]).await;
}

/// The last page was open already.
///
/// Proves R4, SEC-34.
async fn whoever_loses_a_right_before_the_last_button_moves_no_money(test: TestDatabase) {
    let world = World::new(test).await;
    let user = add(&world, "taro0001", Role::General, "T-0001", 7).await;
    let mut taro = approvals::signed_in(&world, "taro0001").await;
    let payment = Entry::answered(&world, &mut taro, "00200", &[bill("B1", 1_000)]).await;
    payment.choose(&mut taro, "B1", 1_001).await;
    let transfer = Transfer::own(&mut taro, "1000", "2026-11-24").await.ok().unwrap();
    let (pay, place) = (payment.review(&mut taro).await, transfer.review(&mut taro).await);
    let secrets = [("confirmation_password", PASSWORD), ("repeat", "yes")];
    for business in [Business::PayEasy, Business::Transfer] {
        take_rights(&world, user, Some(business)).await;
    }
    let refused =
        [payment.press(&mut taro, &pay, &secrets).await, transfer.press(&mut taro, &place, &secrets).await];
    for page in refused {
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
    }
    let balance = async || {
        let balances = world.bank.ledger.balances(&world.accounts[..1]).await.unwrap();
        balances[0].balance.get() - balances[0].held.get()
    };
    assert_eq!(balance().await, 48_210_953);
    for business in [Business::PayEasy, Business::Transfer] {
        let sql = "INSERT INTO user_right (app_user, business, account) VALUES ($1, $2, $3)";
        for account in &world.accounts {
            execute!(world.bank.database, sql, user.uuid(), business.code(), account.get()).unwrap();
        }
    }
    let done =
        [payment.press(&mut taro, &pay, &secrets).await, transfer.press(&mut taro, &place, &secrets).await];
    for page in done {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    }
    assert_eq!(balance().await, 48_210_953 - 2_000);
}
