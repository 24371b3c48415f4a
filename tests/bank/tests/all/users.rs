//! 利用者管理 through the pages: adding, changing, suspending, removing, re-registering.

use database::testing::TestDatabase;
use database::{execute, read};
use domain::{ContractId, UserId};
use http::StatusCode;
use internet_banking::contracts::{Plan, Rights, Role, SignInMethod};
use internet_banking::users::{Members, UserState};
use uuid::Uuid;

use crate::repeats_and_limits::{add, fresh};
use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    a_master_adds_a_user_in_three_steps_with_a_one_time_password,
    no_step_can_be_skipped_and_no_one_time_password_left_out,
    the_ninety_ninth_user_is_added_and_the_hundredth_is_not_even_side_by_side,
    a_general_user_and_an_administrator_without_the_duty_get_a_page_that_says_no,
    an_administrator_with_the_duty_reaches_no_master_no_administrator_and_no_further_right,
    a_change_that_met_another_one_is_refused,
    a_removed_login_id_comes_back_as_the_same_person_or_as_another_one,
    a_suspended_or_removed_user_is_out_at_once_and_a_resumed_one_may_come_back,
    a_master_gives_rights_to_themselves_and_nobody_else_does,
    another_contracts_users_and_drafts_are_not_there,
);

pub const MASTER: &str = "master1";
pub const MASTER_TOKEN: &str = "T-0002";

/// A world with a master, who is signed in.
pub async fn with_master(test: TestDatabase) -> (World, Browser) {
    let world = World::new(test).await;
    add(&world, MASTER, Role::Master, MASTER_TOKEN, 8).await;
    let mut master = world.browser();
    assert_eq!(master.sign_in(MASTER, PASSWORD).await.location(), "/home");
    (world, master)
}

/// What stands in an error summary.
pub fn code(page: &Page) -> String {
    page.fields("error_code").first().cloned().unwrap_or_default()
}

/// Begins an entry and answers the address of its pages without the last part.
pub async fn begin(browser: &mut Browser) -> String {
    let csrf = browser.get("/admin/users").await.token();
    let first = browser.post("/admin/users/new", &[("csrf", &csrf)]).await;
    let path = first.location().to_owned();
    path.strip_suffix("/basics").unwrap_or_else(|| panic!("{path}: {}", first.body)).to_owned()
}

pub async fn submit(browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> Page {
    let csrf = browser.get(path).await.token();
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(form);
    browser.post(path, &all).await
}

pub async fn basics(browser: &mut Browser, entry: &str, login_id: &str, role: &str, person: &str) -> Page {
    let email = format!("{login_id}@example.jp");
    let form =
        [("login_id", login_id), ("name", "鈴木一郎"), ("email", &email), ("role", role), ("person", person)];
    submit(browser, &format!("{entry}/basics"), &form).await
}

/// All three steps with one right.
pub async fn add_by_pages(
    world: &World,
    browser: &mut Browser,
    login_id: &str,
    role: &str,
    token: &str,
) -> Page {
    let entry = begin(browser).await;
    let next = basics(browser, &entry, login_id, role, "").await;
    assert_eq!(next.location(), format!("{entry}/rights"), "{}", next.body);
    let next = submit(browser, &format!("{entry}/rights"), &[("payeasy-1001", "on")]).await;
    assert_eq!(next.location(), format!("{entry}/review"), "{}", next.body);
    let otp = fresh(world, token).await;
    submit(browser, &format!("{entry}/review"), &[("one_time_password", &otp)]).await
}

pub async fn id_of(world: &World, login_id: &str) -> UserId {
    let id: Uuid = read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT id FROM app_user WHERE login_id = $1 AND removed_us IS NULL")
            .bind(login_id)
            .fetch_one(c)
            .await
    })
    .unwrap();
    UserId::from_uuid(id)
}

pub async fn act(world: &World, browser: &mut Browser, user: UserId, act: &str, token: &str) -> Page {
    let otp = fresh(world, token).await;
    submit(browser, &format!("/admin/users/{user}/do/{act}"), &[("one_time_password", &otp)]).await
}

pub async fn audited(world: &World, action: &str) -> i64 {
    read!(world.bank.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = $1 AND contract = $2")
            .bind(action)
            .bind(world.contract.uuid())
            .fetch_one(c)
            .await
    })
    .unwrap()
}

/// Addresses and subjects of the mails so far.
pub async fn mails(world: &World) -> Vec<(String, String)> {
    read!(world.bank.database, |c| {
        sqlx::query_as("SELECT address, subject FROM mail ORDER BY at_us, address").fetch_all(c).await
    })
    .unwrap()
}

/// Proves R16, R17, R19, R54.
async fn a_master_adds_a_user_in_three_steps_with_a_one_time_password(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    assert!(master.get("/home").await.body.contains("href=\"/admin\""));
    assert!(master.get("/admin").await.body.contains("利用者管理"));
    execute!(
        world.bank.database,
        "UPDATE app_user SET email = 'master@example.jp' WHERE login_id = $1",
        MASTER
    )
    .unwrap();
    let added = add_by_pages(&world, &mut master, "ichiro01", "general", MASTER_TOKEN).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let temporary = added.fields("temporary_password").remove(0);
    assert_eq!(temporary.len(), 19, "{temporary}");

    let user = id_of(&world, "ichiro01").await;
    let known = world.bank.contracts.user(world.contract, user).await.unwrap().unwrap();
    let expected = Rights::none().with(internet_banking::contracts::Business::PayEasy, &world.accounts[..1]);
    assert_eq!((known.role, known.rights), (Role::General, expected));
    let page = master.get(&format!("/admin/users/{user}")).await;
    assert_eq!(page.fields("state"), ["仮パスワード"]);
    assert!(!page.body.contains(&temporary), "it is shown once");
    assert_eq!(audited(&world, "user.add").await, 1);
    let told = mails(&world).await;
    let addresses: Vec<_> = told.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(addresses, ["ichiro01@example.jp", "master@example.jp"]);
    assert!(told.iter().all(|(_, subject)| subject.contains("利用者を追加しました")), "{told:?}");
    // on the smallest plan too
    let plan = "UPDATE contract SET plan = 'mini' WHERE id = $1";
    execute!(world.bank.database, plan, world.contract.uuid()).unwrap();
    let added = add_by_pages(&world, &mut master, "jiro0001", "general", MASTER_TOKEN).await;
    let temporary = added.fields("temporary_password").remove(0);
    assert_eq!(world.browser().sign_in("jiro0001", &temporary).await.location(), "/home");
    assert_eq!(mails(&world).await.len(), 4);
}

/// Proves SEC-14, SEC-19.
async fn no_step_can_be_skipped_and_no_one_time_password_left_out(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let entry = begin(&mut master).await;
    for page in ["rights", "review"] {
        assert_eq!(master.get(&format!("{entry}/{page}")).await.location(), format!("{entry}/basics"));
    }
    let csrf = master.get("/admin/users").await.token();
    let otp = fresh(&world, MASTER_TOKEN).await;
    let form = [("csrf", csrf.as_str()), ("one_time_password", &otp)];
    assert_eq!(master.post(&format!("{entry}/review"), &form).await.location(), format!("{entry}/basics"));
    let wrong =
        submit(&mut master, &format!("{entry}/basics"), &[("login_id", "x"), ("role", "master")]).await;
    assert_eq!(code(&wrong), "P-100");
    for words in ["6文字から32文字", "利用者名を入力", "メールアドレスを入力", "区分を選んで"]
    {
        assert!(wrong.body.contains(words), "{words}");
    }
    basics(&mut master, &entry, "ichiro01", "general", "").await;
    let open = master.get("/admin/users").await;
    assert!(open.body.contains("鈴木一郎(ichiro01)の追加"), "a left entry is offered again");
    assert_eq!(master.get(&format!("{entry}/review")).await.location(), format!("{entry}/rights"));
    let review = format!("{entry}/review");
    submit(&mut master, &format!("{entry}/rights"), &[]).await;
    assert!(
        master.get(&review).await.body.contains("権限がありません。このまま登録すると"),
        "whoever may nothing"
    );
    submit(&mut master, &format!("{entry}/rights"), &[("payeasy-1001", "on"), ("payeasy-9999", "on")]).await;
    assert!(master.get(&review).await.fields("warning").is_empty());
    submit(&mut master, &format!("{entry}/rights"), &[("payeasy-all", "on")]).await;
    let rights = master.get(&format!("{entry}/rights")).await;
    let ticked = |business: &str| {
        let is_ticked = |account: &&domain::AccountId| {
            let id = format!("{business}-{}", account.get());
            rights.body.contains(&format!("id=\"{id}\" name=\"{id}\" value=\"on\" checked"))
        };
        world.accounts.iter().filter(is_ticked).count()
    };
    assert!(world.accounts.len() > 1, "the box is there for several accounts");
    assert_eq!((ticked("payeasy"), ticked("inquiry")), (world.accounts.len(), 0), "{}", rights.body);
    submit(&mut master, &format!("{entry}/rights"), &[("payeasy-1001", "on")]).await;
    assert_eq!(code(&submit(&mut master, &review, &[]).await), "T-100");
    assert_eq!(code(&submit(&mut master, &review, &[("one_time_password", "000000")]).await), "T-101");
    assert_eq!(audited(&world, "user.add").await, 0);
    let done = submit(&mut master, &review, &[("one_time_password", &otp)]).await;
    assert_eq!(done.fields("temporary_password").len(), 1, "{}", done.body);
    assert_eq!(master.get(&review).await.status, StatusCode::GONE, "the entry is over");
    let again = begin(&mut master).await;
    assert_eq!(code(&basics(&mut master, &again, "ichiro01", "general", "").await), "U-101");
    basics(&mut master, &again, "jiro0001", "general", "").await;
    submit(&mut master, &format!("{again}/rights"), &[]).await;
    let used = submit(&mut master, &format!("{again}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(code(&used), "T-103", "a code registers one user");
}

/// Proves R44.
async fn the_ninety_ninth_user_is_added_and_the_hundredth_is_not_even_side_by_side(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    add(&world, "admin001", Role::Admin, "T-0003", 7).await;
    let admin = id_of(&world, "admin001").await;
    for duty in ["users", "rights"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(world.bank.database, sql, admin.uuid(), duty).unwrap();
    }
    // hanako, the master and the administrator are three
    for number in 3..98 {
        let sql = "INSERT INTO app_user
                     (id, contract, login_id, name, role, password_hash, confirmation_hash, created_us)
                   VALUES ($1, $2, $3, '利用者', 'general', '', '', 0)";
        let (id, contract) = (UserId::generate().uuid(), world.contract.uuid());
        execute!(world.bank.database, sql, id, contract, format!("user{number:04}")).unwrap();
    }
    let mut other = world.browser();
    other.sign_in("admin001", PASSWORD).await;
    let mut entries = Vec::new();
    for (browser, login_id) in [(&mut master, "ichiro01"), (&mut other, "jiro0001")] {
        let entry = begin(browser).await;
        basics(browser, &entry, login_id, "general", "").await;
        submit(browser, &format!("{entry}/rights"), &[]).await;
        entries.push(format!("{entry}/review"));
    }
    let codes = [
        fresh(&world, MASTER_TOKEN).await,
        world.bank.tokens.current_code("T-0003", world.clock.now()).await.unwrap(),
    ];
    let forms = codes.map(|otp| [("one_time_password", otp)]);
    let form = |n: usize| forms[n].iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>();
    let (first_form, second_form) = (form(0), form(1));
    let (first, second) = tokio::join!(
        submit(&mut master, &entries[0], &first_form),
        submit(&mut other, &entries[1], &second_form)
    );
    let added: usize = [&first, &second].iter().map(|page| page.fields("temporary_password").len()).sum();
    assert_eq!(added, 1, "{} {}", first.body, second.body);
    assert!([&first, &second].iter().any(|page| code(page) == "U-102"));
    assert_eq!(Members::of(&world.bank.database, world.contract).count().await.unwrap(), 99);
    assert!(master.get("/admin/users").await.body.contains("上限に達しています"));
}

/// Proves R4, SEC-35.
async fn a_general_user_and_an_administrator_without_the_duty_get_a_page_that_says_no(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    add(&world, "admin001", Role::Admin, "T-0003", 7).await;
    let entry = begin(&mut master).await;
    for login_id in ["hanako01", "admin001"] {
        let mut browser = world.browser();
        browser.sign_in(login_id, PASSWORD).await;
        let own = id_of(&world, login_id).await;
        let csrf = browser.get("/home").await.token();
        let basics = format!("{entry}/basics");
        for path in [
            "/admin/users",
            &format!("/admin/users/{own}"),
            &format!("/admin/users/{own}/do/remove"),
            &basics,
        ] {
            let page = browser.get(path).await;
            assert_eq!(
                (page.status, code(&page).as_str()),
                (StatusCode::FORBIDDEN, "P-501"),
                "{login_id} {path}"
            );
        }
        let page = browser.post("/admin/users/new", &[("csrf", &csrf)]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
}

/// Proves R18, SEC-10.
async fn an_administrator_with_the_duty_reaches_no_master_no_administrator_and_no_further_right(
    test: TestDatabase,
) {
    let (world, _) = with_master(test).await;
    add(&world, "admin001", Role::Admin, "T-0003", 7).await;
    add_user(&world.bank, world.contract, "admin002", Role::Admin, Rights::none()).await;
    let (admin, second, top) =
        (id_of(&world, "admin001").await, id_of(&world, "admin002").await, id_of(&world, MASTER).await);
    for duty in ["users", "rights"] {
        let sql = "INSERT INTO user_duty (app_user, duty) VALUES ($1, $2)";
        execute!(world.bank.database, sql, admin.uuid(), duty).unwrap();
    }
    let sql = "DELETE FROM user_right WHERE app_user = $1 AND account = 1002";
    execute!(world.bank.database, sql, admin.uuid()).unwrap();
    let mut browser = world.browser();
    browser.sign_in("admin001", PASSWORD).await;
    for of in [admin, second, top] {
        let page = browser.get(&format!("/admin/users/{of}")).await;
        assert!(!page.body.contains("/do/") && !page.body.contains("/change"), "{}", page.body);
        let csrf = page.token();
        let change = browser.post(&format!("/admin/users/{of}/change"), &[("csrf", &csrf)]).await;
        assert_eq!(change.status, StatusCode::FORBIDDEN);
        for act in ["suspend", "remove", "password", "unlock"] {
            let page = browser.get(&format!("/admin/users/{of}/do/{act}")).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{act}");
        }
    }
    let hanako = format!("/admin/users/{}/do", world.hanako);
    assert_eq!(browser.get(&format!("{hanako}/suspend")).await.status, StatusCode::OK);
    assert_eq!(
        browser.get(&format!("{hanako}/password")).await.status,
        StatusCode::FORBIDDEN,
        "R14: the master"
    );
    assert_eq!(browser.get(&format!("{hanako}/unlock")).await.status, StatusCode::FORBIDDEN, "SEC-10");
    let entry = begin(&mut browser).await;
    let refused = basics(&mut browser, &entry, "jiro0001", "admin", "").await;
    assert_eq!(code(&refused), "P-100", "administrators are the master's to appoint");
    basics(&mut browser, &entry, "jiro0001", "general", "").await;
    let more = submit(&mut browser, &format!("{entry}/rights"), &[("payeasy-1002", "on")]).await;
    assert_eq!(code(&more), "P-100", "{}", more.body);
    assert!(more.body.contains("ご自分にない権限"));
    let ticked = [("payeasy-1001", "on"), ("duty-users", "on")];
    let own = submit(&mut browser, &format!("{entry}/rights"), &ticked).await;
    assert_eq!(own.location(), format!("{entry}/review"));
    let otp = fresh(&world, "T-0003").await;
    let done = submit(&mut browser, &format!("{entry}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(done.fields("temporary_password").len(), 1, "{}", done.body);
    let jiro = id_of(&world, "jiro0001").await;
    assert!(world.bank.contracts.duties(jiro).await.unwrap().is_empty());
}

/// And whatever is done about a user costs a one-time password.
///
/// Proves R54.
async fn a_change_that_met_another_one_is_refused(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let change = async |master: &mut Browser| {
        let user = format!("/admin/users/{}", world.hanako);
        let csrf = master.get(&user).await.token();
        let page = master.post(&format!("{user}/change"), &[("csrf", &csrf)]).await;
        page.location().strip_suffix("/basics").unwrap().to_owned()
    };
    for act in ["suspend", "remove", "password", "passwords"] {
        let page = submit(&mut master, &format!("/admin/users/{}/do/{act}", world.hanako), &[]).await;
        assert_eq!(code(&page), "T-100", "{act}: {}", page.body);
    }
    let (first, second) = (change(&mut master).await, change(&mut master).await);
    for (entry, name) in [(&first, "経理 佐藤"), (&second, "総務 佐藤")] {
        let form = [("name", name), ("email", "hanako@example.jp"), ("role", "admin")];
        let next = submit(&mut master, &format!("{entry}/basics"), &form).await;
        assert_eq!(next.location(), format!("{entry}/rights"), "{}", next.body);
        let form = [("inquiry-1001", "on"), ("duty-limits", "on"), ("duty-token_revoke", "on")];
        submit(&mut master, &format!("{entry}/rights"), &form).await;
        assert_eq!(code(&submit(&mut master, &format!("{entry}/review"), &[]).await), "T-100", "{name}");
    }
    let otp = fresh(&world, MASTER_TOKEN).await;
    let done = submit(&mut master, &format!("{first}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(done.location(), format!("/admin/users/{}?done=change", world.hanako), "{}", done.body);
    let otp = fresh(&world, MASTER_TOKEN).await;
    let late = submit(&mut master, &format!("{second}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(code(&late), "U-103");
    let hanako = world.bank.contracts.user(world.contract, world.hanako).await.unwrap().unwrap();
    assert_eq!((hanako.name.as_str(), hanako.role), ("経理 佐藤", Role::Admin));
    let given: Vec<_> = hanako.duties.iter().map(|duty| duty.code()).collect();
    assert_eq!(given, ["limits"], "what every administrator has is not given");
    let addresses: Vec<_> = mails(&world).await.into_iter().map(|(address, _)| address).collect();
    assert_eq!(addresses, ["hanako01@example.jp", "hanako@example.jp"], "the old address and the new one");
}

/// Proves R48.
async fn a_removed_login_id_comes_back_as_the_same_person_or_as_another_one(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let hanako = world.hanako;
    let removed = act(&world, &mut master, hanako, "remove", MASTER_TOKEN).await;
    assert_eq!(removed.location(), "/admin/users?done=remove", "{}", removed.body);
    for (person, same) in [("same", true), ("other", false)] {
        let entry = begin(&mut master).await;
        let asked = basics(&mut master, &entry, "hanako01", "general", "").await;
        assert!(asked.body.contains("以前の利用者と同じ方ですか"), "{}", asked.body);
        let next = basics(&mut master, &entry, "hanako01", "general", person).await;
        assert_eq!(next.location(), format!("{entry}/rights"), "{}", next.body);
        submit(&mut master, &format!("{entry}/rights"), &[("inquiry-1002", "on")]).await;
        let otp = fresh(&world, MASTER_TOKEN).await;
        let done = submit(&mut master, &format!("{entry}/review"), &[("one_time_password", &otp)]).await;
        assert_eq!(done.fields("temporary_password").len(), 1, "{}", done.body);
        let id = id_of(&world, "hanako01").await;
        assert_eq!(id == hanako, same);
        let members = Members::of(&world.bank.database, world.contract);
        assert_eq!(members.find(id).await.unwrap().unwrap().state, UserState::Temporary);
        let rights = world.bank.contracts.rights(id).await.unwrap();
        let expected =
            Rights::none().with(internet_banking::contracts::Business::Inquiry, &world.accounts[1..]);
        assert_eq!(rights, expected, "what they may do is chosen anew");
        let gone = act(&world, &mut master, id, "remove", MASTER_TOKEN).await;
        assert_eq!(gone.location(), "/admin/users?done=remove");
    }
    assert_eq!((audited(&world, "user.return").await, audited(&world, "user.add").await), (1, 1));
    // whoever was removed stays, with the history
    let page = master.get(&format!("/admin/users/{hanako}")).await;
    assert_eq!(page.fields("state"), ["削除済"]);
    assert!(!page.body.contains("/do/"));
}

/// Proves SEC-27.
async fn a_suspended_or_removed_user_is_out_at_once_and_a_resumed_one_may_come_back(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let mut hanako = world.signed_in().await;
    let done = act(&world, &mut master, world.hanako, "suspend", MASTER_TOKEN).await;
    let page = format!("/admin/users/{}", world.hanako);
    assert_eq!(done.location(), format!("{page}?done=suspend"), "{}", done.body);
    assert!(master.get(done.location()).await.body.contains("利用者の利用を停止しました。"));
    assert_eq!(hanako.get("/home").await.location(), "/sign-in");
    let cookies = hanako.cookies.clone();
    assert!(hanako.get("/sign-in").await.body.contains("ご自身の利用が停止されたため"));
    hanako.cookies = cookies;
    let refused = world.browser().sign_in("hanako01", PASSWORD).await;
    assert!(refused.body.contains("ログインIDまたはログインパスワードが違います"));
    let twice = act(&world, &mut master, world.hanako, "suspend", MASTER_TOKEN).await;
    assert_eq!(code(&twice), "U-103");
    assert_eq!(
        act(&world, &mut master, world.hanako, "resume", MASTER_TOKEN).await.location(),
        format!("{page}?done=resume")
    );
    assert_eq!(hanako.get("/home").await.location(), "/sign-in", "the old session stays ended");
    let mut hanako = world.signed_in().await;
    act(&world, &mut master, world.hanako, "remove", MASTER_TOKEN).await;
    assert_eq!(hanako.get("/home").await.location(), "/sign-in");
    // what was removed and is registered again begins anew: an old session is nobody's way in
    let returned = "UPDATE app_user SET removed_us = NULL, disabled_us = NULL, must_change = 1 WHERE id = $1";
    execute!(world.bank.database, returned, world.hanako.uuid()).unwrap();
    assert_eq!(hanako.get("/security/first-password").await.location(), "/sign-in");
    assert!(hanako.get("/sign-in").await.body.contains("ご自身の利用者登録が削除されたため"));
    for action in ["user.suspend", "user.resume", "user.remove"] {
        assert_eq!(audited(&world, action).await, 1, "{action}");
    }
    assert_eq!(mails(&world).await.len(), 3, "to the user, whose master has no address");
}

async fn a_master_gives_rights_to_themselves_and_nobody_else_does(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let own = id_of(&world, MASTER).await;
    let page = format!("/admin/users/{own}");
    let csrf = master.get(&page).await.token();
    let begun = master.post(&format!("{page}/change"), &[("csrf", &csrf)]).await;
    let entry = begun.location().strip_suffix("/rights").unwrap().to_owned();
    assert_eq!(master.get(&format!("{entry}/basics")).await.location(), format!("{entry}/rights"));
    submit(&mut master, &format!("{entry}/rights"), &[("inquiry-1001", "on")]).await;
    let otp = fresh(&world, MASTER_TOKEN).await;
    let done = submit(&mut master, &format!("{entry}/review"), &[("one_time_password", &otp)]).await;
    assert_eq!(done.location(), format!("{page}?done=change"), "{}", done.body);
    let rights = world.bank.contracts.rights(own).await.unwrap();
    assert!(!rights.may(internet_banking::contracts::Business::PayEasy));
    assert_eq!(master.get("/payeasy/new").await.status, StatusCode::FORBIDDEN, "at once");
    assert_eq!(audited(&world, "user.rights").await, 1);
    for act in ["suspend", "remove", "password", "passwords", "unlock"] {
        assert_eq!(master.get(&format!("{page}/do/{act}")).await.status, StatusCode::FORBIDDEN, "{act}");
    }
}

/// Proves SEC-34.
async fn another_contracts_users_and_drafts_are_not_there(test: TestDatabase) {
    let (world, mut master) = with_master(test).await;
    let contracts = &world.bank.contracts;
    let foreign: ContractId =
        contracts.add_contract("別の会社", Plan::Mini, SignInMethod::Password).await.unwrap();
    let stranger = add_user(&world.bank, foreign, "other001", Role::General, Rights::none()).await;
    add_user(&world.bank, foreign, "other-master", Role::Master, Rights::none()).await;
    for path in [format!("/admin/users/{stranger}"), format!("/admin/users/{stranger}/do/remove")] {
        assert_eq!(master.get(&path).await.status, StatusCode::NOT_FOUND);
    }
    let entry = begin(&mut master).await;
    let mut other = world.browser();
    other.sign_in("other-master", PASSWORD).await;
    assert_eq!(other.get(&format!("{entry}/basics")).await.status, StatusCode::GONE);
    assert!(!other.get("/admin/users").await.body.contains("hanako01"));
}
