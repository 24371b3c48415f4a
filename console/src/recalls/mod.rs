//! 組戻しの依頼: transfers that other banks ask to have back, and what the payees have answered.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::{AccountId, Yen};
use edge::Frame;
use internet_banking::answer::{Answer, Stop, failed, shown};
use internet_banking::payees::Master;
use transfers::{Consent, ConsentState};

use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ContractLink};
use crate::sign_in::StaffSignedIn;
use crate::words::{Tag, stamp};

/// Cases that the page shows.
const SHOWN_MAX: u32 = 200;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Recalls.path(), get(show))
}

/// A case as the list shows it.
pub(crate) struct RecallRow {
    pub asked_at: String,
    pub bank: String,
    pub number: String,
    pub payer: String,
    /// The contract whose account was credited; none where the customer comes to the counter.
    pub contract: Option<(ContractLink, String)>,
    pub account: String,
    pub amount: Yen,
    pub until: String,
    pub tag: Tag,
    pub changed_at: String,
    pub code: Option<String>,
}

#[derive(Template)]
#[template(path = "recalls/list.html")]
pub(crate) struct RecallsPage {
    pub frame: Frame,
    pub rows: Vec<RecallRow>,
    /// How many wait for their payee.
    pub waiting: usize,
    /// Whether there are more than these.
    pub more: bool,
}

/// `GET /recalls`
async fn show(State(console): State<Console>, by: StaffSignedIn) -> Answer {
    let mut found = transfers::consents(&console.database, None, SHOWN_MAX + 1).await.map_err(failed)?;
    let most = usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let mut rows = Vec::with_capacity(found.len());
    for case in &found {
        rows.push(row(&console, case).await?);
    }
    let waiting = found.iter().filter(|case| case.state == ConsentState::Asked).count();
    shown(&RecallsPage { frame: frame::page(&by, Area::Recalls), rows, waiting, more })
}

async fn row(console: &Console, case: &Consent) -> Result<RecallRow, Stop> {
    let (contract, account) = whose(console, case.account).await?;
    Ok(RecallRow {
        asked_at: stamp(case.asked_at),
        bank: format!("{}({})", Master::bank_name(&case.from), case.from),
        number: case.original.clone(),
        payer: case.payer.clone(),
        contract,
        account: account.unwrap_or_else(|| case.account.to_string()),
        amount: case.amount,
        until: stamp(case.until),
        tag: tag(case.state),
        changed_at: stamp(case.changed_at),
        code: case.code.clone(),
    })
}

/// The contract that an account is in, and the account in words.
async fn whose(
    console: &Console,
    account: AccountId,
) -> Result<(Option<(ContractLink, String)>, Option<String>), Stop> {
    let Some(id) = console.contracts.contract_with(account).await.map_err(failed)? else {
        return Ok((None, None));
    };
    let contract = console.contracts.contract(id).await.map_err(failed)?;
    let accounts = console.contracts.accounts(id).await.map_err(failed)?;
    let words = accounts.iter().find(|one| one.account == account).map(ToString::to_string);
    Ok((contract.map(|contract| (ContractLink(id), contract.name)), words))
}

/// Where a case stands: icon, word and colour.
pub(crate) const fn tag(state: ConsentState) -> Tag {
    match state {
        ConsentState::Asked => Tag::wait("承諾待ち"),
        ConsentState::Given => Tag::wait("返金送信中"),
        ConsentState::Returned => Tag::ok("返金済み(未決済)"),
        ConsentState::Settled => Tag::ok("返金済み"),
        ConsentState::Rejected => Tag::bad("銀行間ネットワークの受付不可"),
        ConsentState::Refused => Tag::wait("拒否を送信中"),
        ConsentState::Answered => Tag::info("拒否を回答済み"),
    }
}
