//! Everything that may keep a user from something, in one place for whoever has the customer on the telephone.

use internet_banking::answer::{Stop, failed};
use internet_banking::payees::counters::NameChecks;
use internet_banking::tokens::list;
use internet_banking::users::{Members, UserState};

use super::store::FoundUser;
use crate::Console;
use crate::contracts::list::tag_of;
use crate::contracts::store;
use crate::words::{Tag, full_stamp};

/// One thing that may stand in the way.
pub(crate) struct Line {
    /// What.
    pub label: &'static str,
    /// How it stands.
    pub tag: Tag,
    /// Since when, or what lifts it; empty where nothing is wrong.
    pub note: String,
}

/// Whether one of them is wrong.
pub(super) fn worst(lines: &[Line]) -> Tag {
    if lines.iter().any(|line| line.tag.class == "bad") {
        Tag::bad("使えないものがあります")
    } else {
        Tag::ok("利用できます")
    }
}

/// All of them; `numbers` is what wrong numbers came to.
pub(super) async fn lines(console: &Console, user: &FoundUser, numbers: Tag) -> Result<Vec<Line>, Stop> {
    let line = |label, tag, note: String| Line { label, tag, note };
    let stop = console.gateway.open_stop_of(user.contract).await.map_err(failed)?;
    let contract =
        console.contracts.contract(user.contract).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let since =
        stop.as_ref().map(|stop| format!("{} {}", full_stamp(stop.at), stop.reason)).unwrap_or_default();
    let mut lines = vec![line("ご契約", tag_of(stop.is_some(), contract.state, false), since)];
    let found = Members::of(&console.database, user.contract).find(user.id).await.map_err(failed)?;
    let Some(member) = found else { return Ok(lines) };
    lines.push(match (member.state, console.customers.lock_of(&member.login_id).await.map_err(failed)?) {
        (UserState::Active, None) => line("ログイン", Tag::ok("できます"), String::new()),
        (UserState::Active | UserState::Temporary, Some(_)) => {
            let remedy =
                "パスワードの誤り。解除は、マスターユーザが画面で(マスターユーザの分は書面で)行います";
            line("ログイン", Tag::bad("停止"), remedy.to_owned())
        }
        (UserState::Temporary, None) => line("ログイン", Tag::wait(member.state.label()), String::new()),
        (UserState::Reset, _) => line("ログイン", Tag::wait(member.state.label()), String::new()),
        (UserState::Suspended, _) => {
            line("ログイン", Tag::bad(member.state.label()), "ご契約の管理者が停止しました".to_owned())
        }
        (UserState::Removed, _) => line("ログイン", Tag::info(member.state.label()), String::new()),
    });
    let of_contract = store::users(&console.database, user.contract).await.map_err(failed)?;
    let locked = of_contract.iter().find(|one| one.id == user.id).and_then(|one| one.confirmation_locked_us);
    lines.push(match locked {
        Some(at) => {
            line("確認用パスワード", Tag::bad("停止"), full_stamp(domain::Timestamp::from_micros(at)))
        }
        None => line("確認用パスワード", Tag::ok("使えます"), String::new()),
    });
    let token = match &member.token_serial {
        Some(serial) => list::find(&console.database, user.contract, serial).await.map_err(failed)?,
        None => None,
    };
    lines.push(match token {
        Some(token) => {
            let standing = token.standing(console.clock.now().date());
            let (icon, class) = standing.look();
            let since = token.locked_at.map(full_stamp).unwrap_or_default();
            let tag = Tag { word: standing.label(), icon, class };
            line("トークン", tag, format!("{} {since}", token.serial).trim_end().to_owned())
        }
        None => line("トークン", Tag::info("未登録"), String::new()),
    });
    let checks = NameChecks::locks(&console.database, user.contract).await.map_err(failed)?;
    let check =
        checks.iter().find(|lock| lock.subject == user.id.uuid() || lock.subject == user.contract.uuid());
    lines.push(match check {
        Some(lock) if lock.subject == user.id.uuid() => {
            line("口座確認機能", Tag::bad("停止"), full_stamp(lock.locked_at))
        }
        Some(lock) => {
            line("口座確認機能", Tag::bad("停止"), format!("{} 契約全体", full_stamp(lock.locked_at)))
        }
        None => line("口座確認機能", Tag::ok("使えます"), String::new()),
    });
    lines.push(line("税金・各種料金の番号入力", numbers, String::new()));
    Ok(lines)
}
