//! The keys, and one form for all that can be proposed about them.

use askama::Template;
use axum::extract::State;
use domain::time::year_month_day;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::keys::{self, BankKey, KeyKind, KeyStanding};
use serde::Deserialize;

use super::proposal::{KeyAct, KeyChange, is_new_key, left, possible};
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, add_reason, propose as propose_request};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Names, Tag, collector_name, day};

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    what: String,
    from: String,
    kid: String,
    x: String,
    document: String,
    reason: String,
}

/// Whose a key is that no collector has.
const OWN: &str = "当行";

/// A key in the list.
pub(crate) struct KeyRow {
    pub kind: &'static str,
    pub owner: String,
    pub id: String,
    pub made: String,
    pub from: String,
    pub retired: String,
    pub tag: Tag,
    /// What others are told of it: the value of a key that signs.
    pub public: Option<String>,
    /// What still rests on it.
    pub left: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "keys/keys.html")]
pub(crate) struct KeysPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    /// Those that are the bank's alone.
    pub rows: Vec<KeyRow>,
    /// Those of each collector.
    pub shared: Vec<KeyRow>,
    pub choices: Vec<Choice>,
    pub from: String,
    pub kid: String,
    pub x: String,
    pub document: String,
    pub reason: String,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
}

/// `GET /keys`
pub async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    shown(&page(&console, &by, None, Typed::default()).await?)
}

/// `POST /keys`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let today = console.clock.now().date();
    let all = keys::all(&console.database).await.map_err(failed)?;
    let chosen = possible(&all, &console.gateway, today).into_iter().find(|act| act.word() == typed.what);
    let (document, from) = (document(&typed.document), day(&typed.from).filter(|from| *from >= today));
    let mut errors = Errors::none();
    let act = match chosen.as_ref().map(|chosen| (chosen.act, chosen.number, from)) {
        Some(("make", number, _)) => Some(KeyAct::Make { number }),
        Some(("register", number, _)) => {
            let (kid, x) = (typed.kid.trim().to_owned(), typed.x.trim().to_owned());
            let owner = chosen.as_ref().map(|chosen| chosen.owner.as_str()).unwrap_or_default();
            if is_new_key(&all, &console.gateway, owner, &kid, &x) {
                Some(KeyAct::Register { number, kid, x })
            } else {
                errors.add("x", "収納機関の次の鍵の名前と公開鍵(43文字)を、受け取った書面のとおりに入力してください。すでに受け入れた鍵は入力できません。");
                None
            }
        }
        Some(("use", number, Some(from))) => Some(KeyAct::Use { number, from }),
        Some(("use", _, None)) => {
            errors.add("from", "開始日を、本日以降の日で入力してください(例: 2026-12-01)。");
            None
        }
        Some((_, number, _)) => Some(KeyAct::Retire { number }),
        None => {
            errors.add("what", "手続きを選んでください。");
            None
        }
    };
    let (Some(chosen), Some(act), Ok(document)) = (chosen, act, &document) else {
        document.err().into_iter().for_each(|message| errors.add("document", message));
        add_reason(&mut errors, &typed.reason);
        return again(&page(&console, &by, Some(Trouble::input(errors)), typed).await?);
    };
    let change = KeyChange { of: chosen.of, owner: chosen.owner, document: document.clone(), act };
    let back = (Area::Keys, ConsoleLink::Keys.to_string());
    let reason = typed.reason.clone();
    propose_request(&console, &by, Proposal::Key(change), &reason, back, async |trouble| {
        page(&console, &by, Some(trouble), typed).await
    })
    .await
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    trouble: Option<Trouble>,
    typed: Typed,
) -> Result<KeysPage, Stop> {
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let today = console.clock.now().date();
    let all = keys::all(&console.database).await.map_err(failed)?;
    let (mut rows, mut shared) = (Vec::new(), Vec::new());
    for key in &all {
        let left = left(&console.gateway, key.kind, key.number).await.map_err(failed)?;
        let row = row(console, key, key.standing(&all, today), left);
        if key.owner.is_empty() { rows.push(row) } else { shared.push(row) }
    }
    let has_rows = |owner: &str| all.iter().any(|key| key.is_beside(KeyKind::Message, owner));
    let (own, theirs): (Vec<_>, Vec<_>) =
        messages(console, has_rows).into_iter().partition(|row| row.owner == OWN);
    rows.extend(own);
    shared.extend(theirs);
    let possible = possible(&all, &console.gateway, today);
    Ok(KeysPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Keys) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        rows,
        shared,
        choices: possible.iter().map(|act| Choice::new(act.word(), act.label(), &typed.what)).collect(),
        from: typed.from,
        kid: typed.kid,
        x: typed.x,
        document: typed.document,
        reason: typed.reason,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::under(console, &names, "key/".to_owned()).await?,
    })
}

fn row(
    console: &Console,
    key: &BankKey,
    standing: KeyStanding,
    left: Option<(&'static str, String)>,
) -> KeyRow {
    // a collector calls its keys as it likes
    let theirs = key.public.split_once(' ').filter(|_| key.kind == KeyKind::Message && !key.owner.is_empty());
    let at_start = |day: domain::Date| day.to_string() == keys::FROM_THE_START;
    KeyRow {
        kind: key.kind.label(),
        owner: key.owner.parse().map_or_else(|_| OWN.to_owned(), |of| collector_name(&console.gateway, &of)),
        id: match theirs {
            Some((kid, _)) => format!("{kid}({})", key.id()),
            None => key.kind.shown_id(&key.owner, key.number),
        },
        public: (key.kind == KeyKind::Message)
            .then(|| theirs.map_or_else(|| key.public.clone(), |(_, x)| x.to_owned())),
        made: if key.made_at.micros() == 0 {
            "導入時".to_owned()
        } else {
            year_month_day(key.made_at.date())
        },
        from: match key.from {
            Some(from) if at_start(from) => "導入時".to_owned(),
            Some(from) => year_month_day(from),
            None => "−".to_owned(),
        },
        retired: key.retired_at.map_or_else(|| "−".to_owned(), |at| year_month_day(at.date())),
        tag: tag(standing),
        left: match (key.kind, standing) {
            (KeyKind::Authority, KeyStanding::Retired) => {
                left.map(|(_, count)| ("失効していないが、もうログインできない電子証明書", count))
            }
            _ => left,
        },
    }
}

/// Those that the collectors sign with, as they have told; the hub's own, where it has its key from elsewhere.
fn messages(console: &Console, has_rows: impl Fn(&str) -> bool) -> Vec<KeyRow> {
    let row = |key: gateway::proof::PublicKey| {
        let collector = key.owner.as_str().strip_prefix('C').and_then(|number| number.parse().ok());
        KeyRow {
            kind: KeyKind::Message.label(),
            owner: collector.map_or_else(|| OWN.to_owned(), |of| collector_name(&console.gateway, &of)),
            id: key.kid,
            public: Some(key.x),
            made: "導入時".to_owned(),
            from: "導入時".to_owned(),
            retired: "−".to_owned(),
            tag: tag(KeyStanding::Current),
            left: None,
        }
    };
    let keys = console.gateway.public_keys().keys.into_iter();
    // those with rows are listed with them
    let owner =
        |key: &gateway::proof::PublicKey| key.owner.as_str().strip_prefix('C').unwrap_or_default().to_owned();
    keys.filter(|key| !has_rows(&owner(key))).map(row).collect()
}

/// A key's part: icon, word and colour.
pub(crate) const fn tag(standing: KeyStanding) -> Tag {
    match standing {
        KeyStanding::Waiting => Tag::wait("使用開始待ち"),
        KeyStanding::Planned => Tag::wait("使用開始予定"),
        KeyStanding::Current => Tag::ok("使用中"),
        KeyStanding::Accepted => Tag::info("受け入れのみ"),
        KeyStanding::Retired => Tag::info("使用終了"),
    }
}
