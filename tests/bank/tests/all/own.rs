//! 利用者情報 through the pages: passwords, mail address, sign-ins, and the first sign-in with a temporary password.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::UserId;
use http::StatusCode;
use internet_banking::contracts::Role;

use crate::payeasy_entry::{Entry, bill};
use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, LOGIN_ID, PASSWORD, Page, World};
use crate::users::{MASTER, MASTER_TOKEN, act, add_by_pages, code, mails, submit, with_master};

database::on_both!(
    an_added_user_chooses_both_passwords_before_anything_else,
    what_somebody_else_has_read_is_no_own_password_and_the_two_are_chosen_in_one_step,
    a_master_issues_a_password_anew_and_the_confirmation_password_stays_or_goes,
    a_password_is_changed_with_the_one_in_use_and_the_date_is_shown,
    a_weak_password_is_refused_with_its_reason,
    guesses_of_the_password_in_use_lock_it_like_sign_ins,
    a_temporary_password_opens_nothing_once_its_days_are_over,
    a_password_that_is_too_short_to_stand_alone_is_replaced_at_the_next_sign_in,
    a_password_typed_on_another_keyboard_is_the_same,
    a_mail_address_is_changed_with_both_secrets_and_both_addresses_are_told,
    the_own_page_shows_the_last_three_sign_ins_and_the_session_can_be_ended,
    an_entry_that_an_idle_session_has_left_is_offered_again,
    a_reminder_is_off_until_it_is_turned_on,
    a_locked_general_user_is_unlocked_by_the_master_and_a_locked_master_by_nobody_here,
);

const NEW: &str = "yama no anata no sora tooku";
const CONFIRM: &str = "saiwai sumu to hito no iu";

pub async fn first(browser: &mut Browser, login: &str, confirmation: &str) -> Page {
    let form = [
        ("new_password", login),
        ("new_again", login),
        ("new_confirmation", confirmation),
        ("confirmation_again", confirmation),
    ];
    submit(browser, "/security/first-password", &form).await
}

pub async fn change(browser: &mut Browser, path: &str, current: &str, new: &str) -> Page {
    let form = [("current_password", current), ("new_password", new), ("new_again", new)];
    submit(browser, path, &form).await
}

/// One that was chosen beside a certificate, of a contract that signs in by password from now on. Fifteen characters
/// are enough, and fourteen open the page that replaces them.
///
/// Proves R28, SEC-07.
async fn a_password_that_is_too_short_to_stand_alone_is_replaced_at_the_next_sign_in(test: TestDatabase) {
    let world = World::new(test).await;
    let set = async |password: &str| {
        let hash = world.bank.passwords.hash(password).await.unwrap();
        let sql = "UPDATE app_user SET password_hash = $1, temporary_until_us = 1 WHERE id = $2";
        execute!(world.bank.database, sql, hash, world.hanako.uuid()).unwrap();
        let mut hanako = world.browser();
        assert_eq!(hanako.sign_in(LOGIN_ID, password).await.location(), "/home");
        hanako
    };
    assert_eq!(set("kumo no ito ga2").await.get("/home").await.status, StatusCode::OK);
    let mut hanako = set("kumo no ito ga").await;
    for path in ["/home", "/payeasy/new", "/security/password"] {
        assert_eq!(hanako.get(path).await.location(), "/security/first-password", "{path}");
    }
    // whoever leaves it for later is asked again
    let mut hanako = world.browser();
    assert_eq!(hanako.sign_in(LOGIN_ID, "kumo no ito ga").await.location(), "/home");
    let page = hanako.get("/security/first-password").await;
    let why = page.fields("why").concat();
    assert!(why.contains("15文字以上") && why.contains("ID・パスワード方式"), "{}", page.body);
    assert!(!page.body.contains("new_confirmation"), "the second password stays: {}", page.body);
    let choose = async |browser: &mut Browser, new: &str| {
        submit(browser, "/security/first-password", &[("new_password", new), ("new_again", new)]).await
    };
    assert_eq!(code(&choose(&mut hanako, "kumo no ito g!").await), "U-105");
    assert_eq!(choose(&mut hanako, NEW).await.location(), "/security?done=first");
    assert_eq!(hanako.get("/home").await.status, StatusCode::OK);
    let mut again = world.browser();
    again.sign_in(LOGIN_ID, NEW).await;
    assert_eq!(again.get("/home").await.status, StatusCode::OK, "and that is all");
}

/// Proves R10, R14.
async fn an_added_user_chooses_both_passwords_before_anything_else(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let added = add_by_pages(&world, &mut master, "ichiro01", "general", MASTER_TOKEN).await;
    let temporary = added.fields("temporary_password").remove(0);
    let mut ichiro = world.browser();
    assert_eq!(ichiro.sign_in("ichiro01", &temporary).await.location(), "/home");
    for path in ["/home", "/payeasy/new", "/security", "/security/password", "/admin"] {
        assert_eq!(ichiro.get(path).await.location(), "/security/first-password", "{path}");
    }
    let page = ichiro.get("/security/first-password").await;
    assert!(page.body.contains("15文字以上") && page.body.contains("new_confirmation"));
    let token = page.token();
    let pay = ichiro.post("/payeasy/new", &[("csrf", &token), ("collector", "00200")]).await;
    assert_eq!(pay.location(), "/security/first-password");
    assert_eq!(code(&first(&mut ichiro, NEW, NEW).await), "U-105", "two passwords, not one twice");
    assert_eq!(code(&first(&mut ichiro, "short", CONFIRM).await), "U-105");
    assert_eq!(first(&mut ichiro, NEW, CONFIRM).await.location(), "/security?done=first");
    assert_eq!(ichiro.get("/home").await.status, StatusCode::OK);
    assert_eq!(ichiro.get("/security/first-password").await.location(), "/security");
    let mut again = world.browser();
    assert_eq!(again.sign_in("ichiro01", &temporary).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.sign_in("ichiro01", NEW).await.location(), "/home");
}

/// Whoever issued the temporary password knows it; and a form that sets one of two passwords sets none.
///
/// Proves R14, SEC-07.
async fn what_somebody_else_has_read_is_no_own_password_and_the_two_are_chosen_in_one_step(
    test: TestDatabase,
) {
    let (world, mut master) = with_master(test).await;
    let added = add_by_pages(&world, &mut master, "ichiro01", "general", MASTER_TOKEN).await;
    let temporary = added.fields("temporary_password").remove(0);
    let mut ichiro = world.browser();
    assert_eq!(ichiro.sign_in("ichiro01", &temporary).await.location(), "/home");
    let kept = first(&mut ichiro, &temporary, CONFIRM).await;
    assert_eq!(code(&kept), "U-105", "{}", kept.body);
    let one = [("new_password", NEW), ("new_again", NEW)];
    let half = submit(&mut ichiro, "/security/first-password", &one).await;
    assert_eq!(code(&half), "U-105", "{}", half.body);
    let again = world.browser().sign_in("ichiro01", NEW).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing was set");
    let mut ichiro = world.browser();
    assert_eq!(ichiro.sign_in("ichiro01", &temporary).await.location(), "/home");
    assert_eq!(first(&mut ichiro, NEW, CONFIRM).await.location(), "/security?done=first");
}

/// Proves R14, R15.
async fn a_master_issues_a_password_anew_and_the_confirmation_password_stays_or_goes(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    for (which, both) in [("password", false), ("passwords", true)] {
        let mut hanako = world.browser();
        let (login, confirmation) = if both { (NEW, PASSWORD) } else { (PASSWORD, PASSWORD) };
        assert_eq!(hanako.sign_in(LOGIN_ID, login).await.location(), "/home");
        let done = act(&world, &mut master, world.hanako, which, MASTER_TOKEN).await;
        let temporary = done.fields("temporary_password").remove(0);
        assert_eq!(hanako.get("/home").await.location(), "/sign-in", "the session is over");
        let old = hanako.sign_in(LOGIN_ID, login).await;
        assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(hanako.sign_in(LOGIN_ID, &temporary).await.location(), "/home");
        let page = hanako.get("/security/first-password").await;
        assert_eq!(page.body.contains("new_confirmation"), both);
        let new = if both { "tonari no kyaku wa yoku kaki kuu" } else { NEW };
        assert_eq!(first(&mut hanako, new, CONFIRM).await.location(), "/security?done=first");
        let confirmed = change(&mut hanako, "/security/confirmation-password", confirmation, "x").await;
        let expected = if both { "U-106" } else { "U-105" };
        assert_eq!(code(&confirmed), expected, "which confirmation password holds");
    }
    let told = mails(&world).await;
    assert!(told.iter().any(|(_, subject)| subject.contains("確認用パスワードを初期化しました")), "{told:?}");
    // the own one is the bank's to issue, on paper
    let own = crate::users::id_of(&world, MASTER).await;
    let csrf = master.get("/admin/users").await.token();
    for which in ["password", "passwords"] {
        let path = format!("/admin/users/{own}/do/{which}");
        assert_eq!(master.get(&path).await.status, StatusCode::FORBIDDEN, "{which}");
        let otp = fresh(&world, MASTER_TOKEN).await;
        let sent = master.post(&path, &[("csrf", &csrf), ("one_time_password", &otp)]).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{which}");
    }
    assert_eq!(world.browser().sign_in(MASTER, PASSWORD).await.location(), "/home", "it is as it was");
}

/// Proves R12.
async fn a_password_is_changed_with_the_one_in_use_and_the_date_is_shown(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    for path in ["/security/password", "/security/confirmation-password"] {
        let page = hanako.get(path).await;
        assert_eq!(page.fields("changed"), ["記録なし"]);
        for words in ["推測されにくい", "定期的に変更", "お尋ねすることはありません", "new-password\""]
        {
            assert!(page.body.contains(words), "{words}");
        }
        assert_eq!(code(&change(&mut hanako, path, "", NEW).await), "P-100");
        assert_eq!(code(&change(&mut hanako, path, "wrong", NEW).await), "U-106");
    }
    let same = change(&mut hanako, "/security/password", PASSWORD, PASSWORD).await;
    assert_eq!(code(&same), "U-105");
    let done = change(&mut hanako, "/security/password", PASSWORD, NEW).await;
    assert_eq!(done.location(), "/security?done=password", "{}", done.body);
    let twin = change(&mut hanako, "/security/confirmation-password", PASSWORD, NEW).await;
    assert_eq!(code(&twin), "U-105", "the two passwords differ");
    let done = change(&mut hanako, "/security/confirmation-password", PASSWORD, CONFIRM).await;
    assert_eq!(done.location(), "/security?done=confirmation", "{}", done.body);
    let own = hanako.get("/security").await;
    assert_eq!(own.fields("password_changed"), ["2026年11月24日(火) 10:00"]);
    assert_eq!(own.fields("confirmation_changed"), ["2026年11月24日(火) 10:00"]);
    let mut again = world.browser();
    assert_eq!(again.sign_in(LOGIN_ID, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.sign_in(LOGIN_ID, NEW).await.location(), "/home");
    let subjects: Vec<_> = mails(&world).await.into_iter().map(|(_, subject)| subject).collect();
    assert!(subjects.iter().any(|s| s.contains("ログインパスワードを変更しました")), "{subjects:?}");
    assert!(subjects.iter().any(|s| s.contains("確認用パスワードを変更しました")), "{subjects:?}");
    // years later nothing is forced
    world.clock.advance_seconds(3 * 365 * 86_400);
    assert_eq!(again.sign_in(LOGIN_ID, NEW).await.location(), "/home");
    assert_eq!(again.get("/home").await.status, StatusCode::OK);
}

/// Proves SEC-07.
async fn a_weak_password_is_refused_with_its_reason(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    for (weak, reason) in [
        ("kumo no ue no ", "15文字以上にしてください。いま14文字"),
        ("hanako01-2026-11", "ほかの人が知っている言葉"),
        ("internationality2026", "よく使われる"),
        ("password20261124", "よく使われる"),
        ("abcabcabcabcabcabc", "繰り返し"),
        ("12345678901234567890", "並び順"),
    ] {
        let page = change(&mut hanako, "/security/password", PASSWORD, weak).await;
        assert_eq!(code(&page), "U-105", "{weak}: {}", page.body);
        assert!(page.body.contains(reason), "{weak}: {}", page.body);
        assert!(!page.body.contains(&format!("value=\"{weak}")), "a password is not sent back");
    }
    let differs = submit(
        &mut hanako,
        "/security/password",
        &[("current_password", PASSWORD), ("new_password", NEW), ("new_again", CONFIRM)],
    );
    assert!(differs.await.body.contains("2つの欄"));
}

/// Proves SEC-09.
async fn guesses_of_the_password_in_use_lock_it_like_sign_ins(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    for _ in 0..4 {
        assert_eq!(code(&change(&mut hanako, "/security/password", "guess", NEW).await), "U-106");
    }
    let paused = change(&mut hanako, "/security/password", "guess", NEW).await;
    assert_eq!(code(&paused), "U-108", "the last one says what it has stopped: {}", paused.body);
    assert!(paused.body.contains("一時停止") && paused.body.contains("30分たつと"), "{}", paused.body);
    assert_eq!(code(&change(&mut hanako, "/security/password", PASSWORD, NEW).await), "U-108");
    let elsewhere = world.browser().sign_in(LOGIN_ID, PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::TOO_MANY_REQUESTS);
    let sql = "SELECT count(*) FROM audit WHERE action = 'session.pause'";
    let paused: i64 = read!(world.bank.database, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap();
    assert_eq!(paused, 1, "it is told here too");
    execute!(world.bank.database, "UPDATE sign_in_throttle SET blocks = 3").unwrap();
    let locked = change(&mut hanako, "/security/password", PASSWORD, NEW).await;
    assert_eq!(code(&locked), "U-107", "and what no time ends is told in other words");
    assert!(locked.body.contains("時間がたっても再開しません") && !locked.body.contains("30分"));
}

/// A right one that is over is told as such, counts as no guess, and the master makes another.
///
/// Proves R14.
async fn a_temporary_password_opens_nothing_once_its_days_are_over(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let added = add_by_pages(&world, &mut master, "ichiro01", "general", MASTER_TOKEN).await;
    let temporary = added.fields("temporary_password").remove(0);
    let sql = "SELECT id, temporary_until_us FROM app_user WHERE login_id = 'ichiro01'";
    let (id, until): (uuid::Uuid, i64) =
        read!(world.bank.database, |c| sqlx::query_as(sql).fetch_one(c).await).unwrap();
    let until = domain::Timestamp::from_micros(until);
    let told = domain::time::year_month_day(until.date());
    let told = told.split_once('年').unwrap().1.to_owned();
    assert!(added.fields("temporary_until").concat().contains(&told), "{}", added.body);
    let sql = "SELECT count(*) FROM mail WHERE body LIKE '%仮のパスワードの期限: %' || $1 || '%'";
    let mails: i64 =
        read!(world.bank.database, |c| sqlx::query_scalar(sql).bind(&told).fetch_one(c).await).unwrap();
    assert_eq!(mails, 1, "the new user, since the master has no address here");
    let left = (until.micros() - world.clock.now().micros()) / 1_000_000;
    assert!((7 * 86_400 - 60..=7 * 86_400).contains(&left), "{left}");
    world.clock.advance_seconds(left - 1);
    assert_eq!(world.browser().sign_in("ichiro01", &temporary).await.location(), "/home");
    world.clock.advance_seconds(2);
    for _ in 0..6 {
        let over = world.browser().sign_in("ichiro01", &temporary).await;
        assert_eq!((over.status, code(&over).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "S-117"));
        assert!(over.body.contains("マスターユーザに、仮のパスワードの再発行をお申し出ください。"));
    }
    assert_eq!(code(&world.browser().sign_in("ichiro01", "wrong").await), "", "nobody else is told");
    let mut master = world.browser();
    assert_eq!(master.sign_in(MASTER, PASSWORD).await.location(), "/home");
    let done = act(&world, &mut master, UserId::from_uuid(id), "password", MASTER_TOKEN).await;
    let another = done.fields("temporary_password").remove(0);
    assert_eq!(world.browser().sign_in("ichiro01", &another).await.location(), "/home");
}

async fn a_password_typed_on_another_keyboard_is_the_same(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    // full width and half width, a mark on its own and in one
    let done = change(&mut hanako, "/security/password", PASSWORD, "ガラスの靴で走ったのは十二時すぎ").await;
    assert_eq!(done.location(), "/security?done=password", "{}", done.body);
    let mut again = world.browser();
    let typed = again.sign_in(LOGIN_ID, "ｶﾞﾗｽの靴で走ったのは十二時すき\u{3099}").await;
    assert_eq!(typed.location(), "/home", "{}", typed.body);
}

/// Proves R21.
async fn a_mail_address_is_changed_with_both_secrets_and_both_addresses_are_told(test: TestDatabase) {
    let world = World::new(test).await;
    add(&world, "taro0001", Role::General, "T-0001", 9).await;
    let sql = "UPDATE app_user SET email = 'old@example.jp' WHERE login_id = 'taro0001'";
    execute!(world.bank.database, sql).unwrap();
    let mut taro = world.browser();
    taro.sign_in("taro0001", PASSWORD).await;
    let otp = fresh(&world, "T-0001").await;
    let form = |email, confirmation, otp| {
        [("email", email), ("confirmation_password", confirmation), ("one_time_password", otp)]
    };
    let path = "/security/email";
    for (email, confirmation, code_typed, expected) in [
        ("nonsense", PASSWORD, otp.as_str(), "P-100"),
        ("new@example.jp", "", &otp, "P-100"),
        ("new@example.jp", "wrong", &otp, "P-401"),
        ("new@example.jp", PASSWORD, "000000", "T-101"),
    ] {
        let page = submit(&mut taro, path, &form(email, confirmation, code_typed)).await;
        assert_eq!(code(&page), expected, "{}", page.body);
    }
    let done = submit(&mut taro, path, &form("new@example.jp", PASSWORD, &otp)).await;
    assert_eq!(done.location(), "/security?done=email", "{}", done.body);
    assert_eq!(taro.get("/security").await.fields("email"), ["new@example.jp"]);
    let addresses: Vec<_> = mails(&world).await.into_iter().map(|(address, _)| address).collect();
    assert_eq!(addresses, ["new@example.jp", "old@example.jp"]);
}

/// Proves SEC-28, SEC-29.
async fn the_own_page_shows_the_last_three_sign_ins_and_the_session_can_be_ended(test: TestDatabase) {
    let world = World::new(test).await;
    let mut browser = world.browser();
    for minute in 0..5_u8 {
        browser.address = format!("192.0.2.{}:40000", minute + 1).parse().unwrap();
        browser.sign_in(LOGIN_ID, PASSWORD).await;
        browser.sign_out().await;
        world.clock.advance_seconds(60);
    }
    browser.sign_in(LOGIN_ID, PASSWORD).await;
    let page = browser.get("/security").await;
    let before = page.fields("before");
    assert_eq!(
        before,
        ["11月24日(火) 10:04", "11月24日(火) 10:03", "11月24日(火) 10:02"].map(|at| format!("2026年{at}"))
    );
    for address in ["192.0.2.5", "192.0.2.4", "192.0.2.3"] {
        assert!(page.body.contains(address), "{address}");
    }
    assert!(!page.body.contains("192.0.2.2<"));
    assert_eq!(page.body.matches("data-h=\"方法\">ID・パスワード").count(), 3, "{}", page.body);
    let token = page.token();
    assert_eq!(browser.post("/sign-out", &[("csrf", &token)]).await.location(), "/sign-in?ended=signed-out");
    assert_eq!(browser.get("/security").await.location(), "/sign-in");
}

/// Proves SEC-25.
async fn an_entry_that_an_idle_session_has_left_is_offered_again(test: TestDatabase) {
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    let entry = Entry::answered(&world, &mut hanako, "00200", &[bill("B1", 1_000)]).await;
    world.clock.advance_seconds(15 * 60);
    assert_eq!(hanako.get("/home").await.location(), "/sign-in?ended=expired");
    let mut hanako = world.signed_in().await;
    let home = hanako.get("/home").await;
    assert_eq!(home.fields("left"), ["入力の途中"]);
    assert!(home.body.contains(&format!("href=\"{}\"", entry.page("numbers"))), "{}", home.body);
    assert_eq!(
        hanako.get(&entry.page("numbers")).await.status,
        StatusCode::OK,
        "the collector is asked anew"
    );
    world.clock.advance_seconds(15 * 60);
    let mut hanako = world.signed_in().await;
    assert!(hanako.get("/home").await.fields("left").is_empty(), "it is over");
}

async fn a_reminder_is_off_until_it_is_turned_on(test: TestDatabase) {
    const DAYS_90_S: i64 = 90 * 86_400;
    let world = World::new(test).await;
    let mut hanako = world.signed_in().await;
    change(&mut hanako, "/security/password", PASSWORD, NEW).await;
    world.clock.advance_seconds(DAYS_90_S);
    let mut hanako = world.browser();
    hanako.sign_in(LOGIN_ID, NEW).await;
    let reminded =
        async |browser: &mut Browser| browser.get("/home").await.body.contains("90日間変更していません");
    assert!(!reminded(&mut hanako).await);
    assert_eq!(hanako.get("/security").await.fields("reminds"), ["受け取らない"]);
    let on = submit(&mut hanako, "/security", &[]).await;
    assert_eq!(on.status, StatusCode::METHOD_NOT_ALLOWED);
    let token = hanako.get("/security").await.token();
    hanako.post("/security/reminder", &[("csrf", &token), ("reminds", "on")]).await;
    assert!(reminded(&mut hanako).await);
    change(&mut hanako, "/security/password", NEW, CONFIRM).await;
    assert!(!reminded(&mut hanako).await, "the login password is new, the other one has no date");
    hanako.post("/security/reminder", &[("csrf", &token), ("reminds", "off")]).await;
    assert_eq!(hanako.get("/security").await.fields("reminds"), ["受け取らない"]);
}

/// Proves SEC-10.
async fn a_locked_general_user_is_unlocked_by_the_master_and_a_locked_master_by_nobody_here(
    test: TestDatabase,
) {
    let (world, mut master) = with_master(test).await;
    let mut guesser = world.browser();
    for login_id in [LOGIN_ID, "master1"] {
        for _ in 0..3 {
            for _ in 0..5 {
                guesser.sign_in(login_id, "wrong").await;
            }
            world.clock.advance_seconds(10 * 60);
            master.get("/home").await;
            world.clock.advance_seconds(10 * 60);
            master.get("/home").await;
            world.clock.advance_seconds(10 * 60);
            master.get("/home").await;
        }
    }
    let locked = guesser.sign_in(LOGIN_ID, PASSWORD).await;
    assert!(locked.body.contains("マスターユーザ"), "{}", locked.body);
    assert!(master.get("/admin/users").await.body.contains("ログイン停止"));
    let page = format!("/admin/users/{}", world.hanako);
    assert_eq!(master.get(&page).await.fields("locked"), ["ログイン停止"]);
    let done = act(&world, &mut master, world.hanako, "unlock", MASTER_TOKEN).await;
    assert_eq!(done.location(), format!("{page}?done=unlock"), "{}", done.body);
    assert_eq!(guesser.sign_in(LOGIN_ID, PASSWORD).await.location(), "/home");
    let own: uuid::Uuid = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT id FROM app_user WHERE role = 'master'").fetch_one(c).await
    })
    .unwrap();
    let own = UserId::from_uuid(own);
    assert_eq!(master.get(&format!("/admin/users/{own}/do/unlock")).await.status, StatusCode::FORBIDDEN);
    let out = world.browser().sign_in("master1", PASSWORD).await;
    assert_eq!(out.status, StatusCode::TOO_MANY_REQUESTS);
}
