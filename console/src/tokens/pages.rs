//! The tokens and charges of one contract, and 起票 of what a paper asks for.

use askama::Template;
use axum::extract::{Path, State};
use domain::time::year_month_day;
use domain::{ContractId, Timestamp, Yen};
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::fees::charges;
use internet_banking::tokens::{Occasion, Standing, Token, fees, list};
use serde::Deserialize;

use super::proposal::{PaperAct, TokenPaper, address};
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ContractLink, ContractTokensLink, TokenProposeLink};
use crate::page::note;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{Proposal, propose};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Choice, Names, Tag, stamp};

/// 手続き: the word in the form, and the word on the page.
const ACTS: [(&str, &str); 6] = [
    ("add", "追加発行"),
    ("reissue", "再発行(紛失・盗難、または故障で返却なし)"),
    ("reissue_returned", "再発行(故障で返却あり)"),
    ("revoke", "失効"),
    ("unlock", "利用停止解除"),
    ("lost", "紛失・盗難の届け"),
];

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    act: String,
    serial: String,
    document: String,
    reason: String,
}

/// A token of the contract.
pub(crate) struct TokenRow {
    pub serial: String,
    pub kind: &'static str,
    pub tag: Tag,
    pub since: String,
    pub locked_at: String,
    pub expires_on: String,
    pub holders: Vec<(String, String)>,
}

/// What is collected with the statement.
pub(crate) struct ChargeRow {
    pub day: String,
    pub detail: String,
    pub amount: Yen,
    pub reference: String,
}

#[derive(Template)]
#[template(path = "tokens/tokens.html")]
pub(crate) struct TokensPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: ContractId,
    pub name: String,
    pub rows: Vec<TokenRow>,
    pub charges: Vec<ChargeRow>,
    /// Where they are sent; empty where no address was filed.
    pub address: String,
    /// Tokens that the bank has in stock.
    pub stock: i64,
    /// What another token costs today.
    pub fee: Yen,
    pub may_propose: bool,
    pub acts: Vec<Choice>,
    pub serials: Vec<Choice>,
    pub document: String,
    pub reason: String,
    pub requests: Vec<RequestRow>,
}

/// `GET /contracts/{id}/tokens`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let id = parse(&id)?;
    let page = page(&console, &by, id, None, Proposed::default()).await?;
    note(&console, &by, "console.token_view", id.to_string(), "").await?;
    shown(&page)
}

/// `POST /contracts/{id}/tokens/propose`
pub async fn propose_paper(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let tokens = list::of_contract(&console.database, id).await.map_err(failed)?;
    let proposal = match read(&form, id, &tokens) {
        Ok(proposal) => proposal,
        Err(errors) => return again(&page(&console, &by, id, Some(Trouble::input(errors)), form).await?),
    };
    let back = (Area::Contracts, ContractTokensLink(id).to_string());
    let reason = form.reason.clone();
    propose(&console, &by, Proposal::Token(proposal), &reason, back, async |trouble| {
        page(&console, &by, id, Some(trouble), form).await
    })
    .await
}

/// The paper as typed; an error names the controls to blame.
fn read(form: &Proposed, contract: ContractId, tokens: &[Token]) -> Result<TokenPaper, Errors> {
    let mut errors = Errors::default();
    let document = document(&form.document).unwrap_or_else(|message| {
        errors.add("document", message);
        String::new()
    });
    let token = tokens.iter().find(|token| token.serial == form.serial);
    if form.act != "add" && token.is_none() {
        errors.add("serial", "対象のトークンを選んでください。");
    }
    let serial = form.serial.clone();
    let act = match (&*form.act, token.and_then(|token| token.locked_at)) {
        ("add", _) => Some(PaperAct::Add),
        ("reissue", _) => Some(PaperAct::Reissue { serial, returned: false }),
        ("reissue_returned", _) => Some(PaperAct::Reissue { serial, returned: true }),
        ("revoke", _) => Some(PaperAct::Revoke { serial }),
        ("lost", _) => Some(PaperAct::Lost { serial }),
        ("unlock", Some(locked_at)) => Some(PaperAct::Unlock { serial, locked_at }),
        ("unlock", None) => {
            errors.add("serial", "このトークンは利用停止になっていません。");
            None
        }
        _ => {
            errors.add("act", "手続きを選んでください。");
            None
        }
    };
    match act {
        Some(act) if errors.is_empty() => Ok(TokenPaper { contract, document, act }),
        _ => Err(errors),
    }
}

fn parse(id: &str) -> Result<ContractId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: ContractId,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<TokensPage, Stop> {
    let contract = console.contracts.contract(id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let now = console.clock.now();
    let tokens = list::of_contract(&console.database, id).await.map_err(failed)?;
    let charges = charges::latest(&console.database, id).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let unchosen = std::iter::once(Choice::new("", "選んでください", &typed.act));
    let none = std::iter::once(Choice::new("", "なし(追加発行)", &typed.serial));
    Ok(TokensPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Contracts) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        name: contract.name,
        charges: charges
            .into_iter()
            .map(|charge| ChargeRow {
                day: year_month_day(charge.day),
                detail: charge.detail,
                amount: charge.amount,
                reference: charge.reference,
            })
            .collect(),
        address: address(&console.contracts, id).await.map_err(failed)?.unwrap_or_default(),
        stock: list::stock(&console.database).await.map_err(failed)?,
        fee: fees::of_token(&console.database, Occasion::Additional, now.date()).await.map_err(failed)?,
        may_propose: by.staff.role == StaffRole::Maker,
        acts: unchosen
            .chain(ACTS.iter().map(|(word, label)| Choice::new(*word, *label, &typed.act)))
            .collect(),
        serials: none
            .chain(tokens.iter().map(|t| Choice::new(t.serial.as_str(), t.serial.as_str(), &typed.serial)))
            .collect(),
        rows: tokens.iter().map(|token| row(token, now)).collect(),
        document: typed.document,
        reason: typed.reason,
        requests: pages::about(console, &names, TokenPaper::subject_of(id)).await?,
    })
}

/// A token's state: icon, word and colour.
pub(crate) const fn tag(standing: Standing) -> Tag {
    match standing {
        Standing::Valid => Tag::ok(standing.label()),
        Standing::Unused => Tag::wait(standing.label()),
        Standing::Locked | Standing::Expired => Tag::bad(standing.label()),
        Standing::Revoked | Standing::Lost => Tag::info(standing.label()),
    }
}

fn row(token: &Token, now: Timestamp) -> TokenRow {
    let standing = token.standing(now.date());
    let locked_at = token.locked_at.filter(|_| standing == Standing::Locked);
    TokenRow {
        serial: token.serial.clone(),
        kind: token.kind.label(),
        tag: tag(standing),
        since: year_month_day(token.changed_at.date()),
        locked_at: locked_at.map(stamp).unwrap_or_default(),
        expires_on: token.expires_on.map(year_month_day).unwrap_or_default(),
        holders: token.holders.iter().map(|h| (h.name.clone(), h.login_id.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use internet_banking::tokens::{TokenKind, TokenState};

    fn token(serial: &str, locked_at: Option<Timestamp>) -> Token {
        Token {
            serial: serial.to_owned(),
            contract: None,
            kind: TokenKind::Hardware,
            state: TokenState::InUse,
            expires_on: None,
            locked_at,
            changed_at: Timestamp::default(),
            holders: Vec::new(),
        }
    }

    #[test]
    fn a_paper_has_a_number_and_what_it_asks_for_a_token() {
        let (contract, locked_at) = (ContractId::generate(), Timestamp::from_micros(1));
        let tokens = [token("1", None), token("2", Some(locked_at))];
        let typed = |act: &str, serial: &str, document: &str| {
            let form = Proposed {
                act: act.to_owned(),
                serial: serial.to_owned(),
                document: document.to_owned(),
                reason: String::new(),
            };
            read(&form, contract, &tokens)
        };
        let serial = || "2".to_owned();
        for (act, serial, read) in [
            ("add", "", PaperAct::Add),
            ("reissue", "2", PaperAct::Reissue { serial: serial(), returned: false }),
            ("reissue_returned", "2", PaperAct::Reissue { serial: serial(), returned: true }),
            ("revoke", "2", PaperAct::Revoke { serial: serial() }),
            ("lost", "2", PaperAct::Lost { serial: serial() }),
            ("unlock", "2", PaperAct::Unlock { serial: serial(), locked_at }),
        ] {
            let document = "2026-本-0012".to_owned();
            let paper = typed(act, serial, &document).unwrap();
            assert_eq!(paper, TokenPaper { contract, document, act: read });
        }
        for (act, serial, document, field) in [
            ("", "2", "1", "act"),
            ("burn", "2", "1", "act"),
            ("revoke", "", "1", "serial"),
            ("revoke", "3", "1", "serial"),
            ("unlock", "1", "1", "serial"),
            ("add", "", "", "document"),
            ("add", "", " \n", "document"),
            ("add", "", &"あ".repeat(33), "document"),
        ] {
            assert!(typed(act, serial, document).unwrap_err().of(field).is_some(), "{act} {serial}");
        }
    }
}
