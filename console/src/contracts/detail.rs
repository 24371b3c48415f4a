//! One contract: what is agreed, its accounts and users, what is proposed about it, and the procedures on paper.

use askama::Template;
use axum::extract::{Path, State};
use domain::time::{month_day, year_month_day};
use domain::{ContractId, Timestamp, Yen};
use edge::Frame;
use internet_banking::answer::{Answer, Stop, failed, shown};
use internet_banking::contracts::terms::Terms;
use internet_banking::contracts::{DepositAccount, Role};
use internet_banking::fees::{self, MonthRow};
use internet_banking::stops::under_way::{Taken, under_way};

use super::act::{ContractChange, Procedure, payee_rows};
use super::list::tag_of;
use super::seen::{Seen, day_words};
use super::{procedure, procedures, store};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{
    ConsoleLink, ContractMandatesLink, ContractTokensLink, LiftEmergencyLink, PrintNoticeLink, ProcedureLink,
    StaffPaymentLink, StopContractLink, UserLink,
};
use crate::page::note;
use crate::requests::pages::{self, RequestRow};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Names, Tag, full_stamp};

/// A user in the list.
pub(crate) struct UserRow {
    pub link: UserLink,
    pub login_id: String,
    pub name: String,
    pub role: &'static str,
    pub tag: Tag,
}

#[derive(Template)]
#[template(path = "contracts/contract.html")]
pub(crate) struct ContractPage {
    pub frame: Frame,
    pub csrf: String,
    pub id: ContractId,
    pub name: String,
    pub tag: Tag,
    /// From which day on it can be used, where that is still to come: `11月28日(土)`.
    pub first_day: String,
    /// Label and value of each particular.
    pub rows: Vec<(&'static str, String)>,
    /// What may be paid to private collectors in a day.
    pub limit: Yen,
    /// The day that is meant.
    pub today: String,
    /// What is paid of it today or held to be paid.
    pub used: Yen,
    pub accounts: Vec<DepositAccount>,
    pub users: Vec<UserRow>,
    /// What it owes and has paid for, month by month.
    pub fees: Vec<MonthRow>,
    /// The payees that were filed on paper, each as its particulars.
    pub payees: Vec<Vec<(&'static str, String)>>,
    pub procedures: Vec<ProcedureLink>,
    /// Why and when it was stopped and how that is lifted, where it is.
    pub stopped: Option<(String, LiftEmergencyLink)>,
    /// What is reserved and under way while it is.
    pub under_way: Taken,
    /// Whether a 初期設定番号 may be printed.
    pub may_print: bool,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
}

/// `GET /contracts/{id}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let id = id.parse().map_err(|_| Stop::not_found())?;
    let page = page(&console, &by, id).await?;
    note(&console, &by, "console.contract_view", id.to_string(), "").await?;
    shown(&page)
}

async fn page(console: &Console, by: &StaffSignedIn, id: ContractId) -> Result<ContractPage, Stop> {
    let seen = Seen::of(&console.contracts, id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let now = console.clock.now();
    let limit = console.limits.of_contract(id).await.map_err(failed)?;
    let used = console.gateway.day_use(id, now.date()).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let users = store::users(&console.database, id).await.map_err(failed)?;
    let payees = console.contracts.filed_payees(id).await.map_err(failed)?;
    let locks = procedures::locks(console, &seen).await?;
    let offered =
        |procedure: &Procedure| seen.takes(*procedure) && procedure::nothing(*procedure, &locks).is_none();
    let stopped = stopped(console, id).await?;
    let under_way = match &stopped {
        Some(_) => under_way(&console.gateway, &console.contracts, id).await.map_err(failed)?,
        None => Taken::default(),
    };
    let first_day = seen.papers.usable_from.filter(|day| *day > now.date());
    Ok(ContractPage {
        frame: frame::page(by, Area::Contracts),
        csrf: by.csrf.clone(),
        id,
        name: seen.contract.name.clone(),
        tag: tag_of(stopped.is_some(), seen.contract.state, first_day.is_some()),
        first_day: first_day.map(month_day).unwrap_or_default(),
        rows: rows(&seen, now),
        limit,
        today: year_month_day(now.date()),
        used: used.total().unwrap_or(limit),
        accounts: console.contracts.accounts(id).await.map_err(failed)?,
        users: users.into_iter().map(user).collect(),
        fees: fees::months(&console.database, id, now.date()).await.map_err(failed)?,
        payees: payees.iter().map(payee_rows).collect(),
        procedures: Procedure::ALL
            .iter()
            .filter(|procedure| offered(procedure))
            .map(|procedure| ProcedureLink { contract: id, procedure: *procedure })
            .collect(),
        stopped,
        under_way,
        may_print: seen.printable().is_some() && by.staff.role == StaffRole::Maker,
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::under(console, &names, ContractChange::subject_of(id)).await?,
    })
}

/// The open stop of the contract itself, in words.
async fn stopped(console: &Console, id: ContractId) -> Result<Option<(String, LiftEmergencyLink)>, Stop> {
    let stop = console.gateway.open_stop_of(id).await.map_err(failed)?;
    Ok(stop.map(|stop| {
        (
            format!("受付番号 {} {} {}", stop.number(), full_stamp(stop.at), stop.reason),
            LiftEmergencyLink(stop.id),
        )
    }))
}

fn rows(seen: &Seen, now: Timestamp) -> Vec<(&'static str, String)> {
    let (contract, papers) = (&seen.contract, &seen.papers);
    let or_none = |text: &str| (if text.is_empty() { "なし" } else { text }).to_owned();
    let mut rows = vec![
        ("区分", contract.kind.label().to_owned()),
        ("プラン", contract.plan.label().to_owned()),
        ("ログインの方式", contract.sign_in.label().to_owned()),
        ("申込受付", full_stamp(papers.created_at)),
    ];
    if papers.usable_from.is_some() {
        rows.push(("利用開始日", day_words(papers.usable_from)));
    }
    if let Some(ended_at) = papers.ended_at {
        rows.push(("解約", full_stamp(ended_at)));
    }
    let terms = Terms::embedded().transfer_limit(contract.plan);
    let transfers = match papers.transfer_limit {
        Some(limit) => format!("{limit} 円"),
        None => format!("{} 円(プランの標準)", terms.standard),
    };
    let same_day = match papers.same_day {
        true => "受け付ける",
        false => "受け付けない",
    };
    rows.extend([
        ("振込・振替の1日の限度額", transfers),
        ("都度指定方式の当日扱い", same_day.to_owned()),
        ("届出住所", or_none(&papers.address)),
        ("メールに載せる合言葉", or_none(&contract.mail_phrase)),
    ]);
    if papers.awaits_set_up {
        let is_over = papers.set_up_until.is_some_and(|until| until <= now);
        let last = papers.set_up_until.map(|until| year_month_day(until.plus_seconds(-1).date()));
        let mut words = match last {
            _ if is_over => "有効期限が切れています".to_owned(),
            Some(last) => format!("通知済み(お客さまの設定待ち、{last}まで有効)"),
            None => "通知済み(お客さまの設定待ち)".to_owned(),
        };
        words.push_str(match (seen.printable(), is_over) {
            // one approval is one number: nothing more is asked for while one waits to be printed
            (Some(_), true) => "。再発行は承認済みです。下の通知書を印刷してください",
            (Some(_), false) => "。再発行は承認済みです。下の通知書を印刷すると、前の番号は使えなくなります",
            (None, true) => "。「初期設定番号の再発行」を起票してください",
            (None, false) => "",
        });
        rows.push(("初期設定番号", words));
    }
    rows
}

fn user(user: store::ContractUser) -> UserRow {
    let tag = if user.is_reset {
        Tag::wait("パスワード初期化")
    } else if user.is_disabled {
        Tag::bad("利用停止")
    } else if user.confirmation_locked_us.is_some() {
        Tag::bad("確認用パスワード停止")
    } else if user.is_temporary {
        Tag::wait("仮パスワード")
    } else {
        Tag::ok("利用中")
    };
    UserRow {
        link: UserLink(user.id),
        login_id: user.login_id,
        name: user.name,
        role: user.role.map(Role::label).unwrap_or_default(),
        tag,
    }
}
