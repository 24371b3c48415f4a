//! What a paper about a contract's tokens asks of two people (R60, R63–R67, R73, R74, R76).

use database::{Change, Database, Row};
use domain::{ContractId, StaffRequestId, Timestamp};
use gateway::{Gateway, Guard, Operator};
use internet_banking::answer::{Stop, failed};
use internet_banking::contracts::{Contract, Store, StoreError};
use internet_banking::fees::charges;
use internet_banking::mail::{Notice, To};
use internet_banking::registration::Registration;
use internet_banking::tokens::{Occasion, Standing, Token, TokenError, changes, fees, list};
use ledger::{Commit, EntityId, GuardKey, Refused};
use serde::{Deserialize, Serialize};
use transfers::{Charge, ChargeKind};

use crate::Console;
use crate::help::ConsoleCode;
use crate::links::ContractTokensLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;
use crate::requests::{Request, RequestState};

/// Tries to take one of the stock that nobody else takes first.
const STOCK_TRIES_MAX: usize = 5;

const NO_ADDRESS: &str = "この契約には届出住所がないため、トークンを送れません。先に、契約の画面で「届出住所の変更」を起票してください。";

/// Where tokens of a contract go; nothing where none was filed.
pub(super) async fn address(contracts: &Store, id: ContractId) -> Result<Option<String>, StoreError> {
    let papers = contracts.papers(id).await?;
    Ok(papers.map(|papers| papers.address).filter(|address| !address.is_empty()))
}

/// A paper of a contract about its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPaper {
    /// Whose.
    pub contract: ContractId,
    /// 書類番号.
    pub document: String,
    /// What it asks for.
    pub act: PaperAct,
}

/// What such a paper asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum PaperAct {
    /// 追加発行; of a contract that has had none, its first.
    Add,
    /// 再発行: another in place of one.
    Reissue {
        /// The one that was lost or is broken.
        serial: String,
        /// Whether it is broken and was brought back.
        returned: bool,
    },
    /// 失効.
    Revoke {
        /// Which.
        serial: String,
    },
    /// 利用停止解除.
    Unlock {
        /// Which.
        serial: String,
        /// When it was locked.
        locked_at: Timestamp,
    },
    /// 紛失・盗難の届け.
    Lost {
        /// Which.
        serial: String,
    },
}

impl PaperAct {
    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Add => "トークンの追加発行",
            Self::Reissue { .. } => "トークンの再発行",
            Self::Revoke { .. } => "トークンの失効",
            Self::Unlock { .. } => "トークンの利用停止解除",
            Self::Lost { .. } => "トークンの紛失・盗難の届け",
        }
    }

    /// The token that it is about.
    pub fn serial(&self) -> Option<&str> {
        match self {
            Self::Add => None,
            Self::Reissue { serial, .. }
            | Self::Revoke { serial }
            | Self::Unlock { serial, .. }
            | Self::Lost { serial } => Some(serial),
        }
    }
}

impl TokenPaper {
    /// Of one contract one such request is open.
    pub fn subject(&self) -> String {
        Self::subject_of(self.contract)
    }

    /// The subject of requests about the tokens of a contract.
    pub fn subject_of(contract: ContractId) -> String {
        format!("contract-token/{contract}")
    }

    /// What approving it does.
    pub const fn consequence(&self) -> &'static str {
        match &self.act {
            PaperAct::Add => {
                "承認すると、在庫のトークンを1つ、この契約の届出住所へ発送する扱いにします。ご契約で最初の1つは無料で、2つ目からは\
                 手数料を後納の明細に載せます。口座のお金は動きません。"
            }
            PaperAct::Reissue { returned: true, .. } => {
                "承認すると、古いトークンを失効し、在庫のトークンを1つ、この契約の届出住所へ発送する扱いにします。故障品の返却があるため\
                 無料です。口座のお金は動きません。"
            }
            PaperAct::Reissue { returned: false, .. } => {
                "承認すると、古いトークンを失効し、在庫のトークンを1つ、この契約の届出住所へ発送する扱いにします。手数料を後納の明細に\
                 載せます。口座のお金は動きません。"
            }
            PaperAct::Revoke { .. } => {
                "承認すると、このトークンはすぐに使えなくなり、元に戻せません。お金は動きません。"
            }
            PaperAct::Unlock { .. } => {
                "承認すると、停止を解除し、誤った回数を0に戻します。登録している利用者全員がすぐに使えます。お金は動きません。"
            }
            PaperAct::Lost { .. } => {
                "承認すると、このトークンはすぐに使えなくなり、元に戻せません。再発行は別に起票します。お金は動きません。"
            }
        }
    }

    /// What the page of a request shows of it: what it would cost, or what it has cost.
    pub(crate) async fn matter(&self, console: &Console, request: &Request) -> Result<Option<Matter>, Stop> {
        let Some(contract) = console.contracts.contract(self.contract).await.map_err(failed)? else {
            return Ok(None);
        };
        let mut rows = vec![("契約", contract.name), ("書類番号", self.document.clone())];
        if let Some(serial) = self.act.serial() {
            rows.push(("トークン", serial.to_owned()));
            let token = list::find(&console.database, self.contract, serial).await.map_err(failed)?;
            if let Some(token) = token {
                let users: Vec<_> = token.holders.into_iter().map(|holder| holder.name).collect();
                rows.push(("登録している利用者", users.join("、")));
            }
        }
        match &self.act {
            PaperAct::Reissue { returned, .. } => {
                rows.push(("故障品の返却", (if *returned { "あり" } else { "なし" }).to_owned()));
            }
            PaperAct::Unlock { locked_at, .. } => {
                rows.push(("解除する停止", crate::words::stamp(*locked_at)));
            }
            PaperAct::Add | PaperAct::Revoke { .. } | PaperAct::Lost { .. } => {}
        }
        if matches!(self.act, PaperAct::Add | PaperAct::Reissue { .. }) {
            let fee = match request.state(console.clock.now()) {
                RequestState::Open => {
                    let occasion = self.occasion(&console.database).await.map_err(failed)?;
                    let fee = fees::of_token(&console.database, occasion, console.clock.now().date());
                    format!("{} 円({})", fee.await.map_err(failed)?, occasion.label())
                }
                _ => format!(
                    "{} 円",
                    charges::charged(&console.database, request.id.uuid()).await.map_err(failed)?
                ),
            };
            rows.push(("手数料", fee));
            let to = match address(&console.contracts, self.contract).await.map_err(failed)? {
                Some(address) => format!("{address}(届出住所。1週間から10日ほど)"),
                None => NO_ADDRESS.to_owned(),
            };
            rows.push(("送り先", to));
        }
        Ok(Some(Matter {
            heading: "対象の契約とトークン",
            link: ContractTokensLink(contract.id).to_string(),
            link_words: "トークンを見る",
            rows,
        }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let (database, clock) = (gateway.ledger().database(), gateway.ledger().clock());
        let contracts = Store::new(database.clone(), clock.clone());
        let found = contracts.contract(self.contract).await.map_err(|error| Problem::unavailable(&error))?;
        found.ok_or(ConsoleCode::NotThere)?;
        let unavailable = |error: TokenError| Problem::unavailable(&error);
        if let Some(serial) = self.act.serial() {
            let token = list::find(database, self.contract, serial).await.map_err(unavailable)?;
            let token = token.ok_or(ConsoleCode::NotThere)?;
            if !self.fits(&token, clock.now()) {
                return Err(ConsoleCode::TokenChanged.into());
            }
        }
        let ships = matches!(self.act, PaperAct::Add | PaperAct::Reissue { .. });
        let unread = |error: StoreError| Problem::unavailable(&error);
        if ships && address(&contracts, self.contract).await.map_err(unread)?.is_none() {
            return Err(Problem::new(ConsoleCode::ContractState, NO_ADDRESS));
        }
        if ships && list::next_of_stock(database).await.map_err(unavailable)?.is_none() {
            return Err(ConsoleCode::NoTokenInStock.into());
        }
        Ok(())
    }

    /// Whether the token is in a state for it.
    fn fits(&self, token: &Token, now: Timestamp) -> bool {
        let standing = token.standing(now.date());
        match &self.act {
            PaperAct::Add | PaperAct::Reissue { .. } => true,
            PaperAct::Revoke { .. } | PaperAct::Lost { .. } => {
                !matches!(standing, Standing::Revoked | Standing::Lost)
            }
            PaperAct::Unlock { locked_at, .. } => {
                standing == Standing::Locked && token.locked_at == Some(*locked_at)
            }
        }
    }

    /// Does it, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
        once: &Guard,
    ) -> Carried {
        for _ in 0..STOCK_TRIES_MAX {
            match self.check(gateway).await {
                Ok(()) => {}
                // our own of an earlier try, whose result was not recorded, has changed it
                Err(problem) => {
                    return match (gateway.is_taken(once).await, problem.code) {
                        (Ok(true), _) => Carried::Done(self.done()),
                        (
                            Ok(false),
                            ConsoleCode::TokenChanged
                            | ConsoleCode::NoTokenInStock
                            | ConsoleCode::ContractState,
                        ) => Carried::Refused(problem.words().to_owned()),
                        _ => Carried::Unclear,
                    };
                }
            }
            let committed = match self.commit(gateway, request, checker).await {
                Ok(Some(commit)) => commit_once(gateway, request, commit).await,
                Ok(None) => Once::Refused(Refused::Stale),
                Err(error) => {
                    tracing::error!(contract = %self.contract, %error, "a contract or its tokens cannot be read");
                    Once::Unclear
                }
            };
            match committed {
                Once::Done => return Carried::Done(self.done()),
                // another took the device, or changed the token, between the look and the commit
                Once::Refused(_) => {}
                Once::Unclear => return Carried::Unclear,
            }
        }
        Carried::Unclear
    }

    /// The commit; nothing where contract, token or stock are not as they were a moment ago.
    async fn commit(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Result<Option<Commit>, TokenError> {
        let (ledger, now) = (gateway.ledger(), gateway.ledger().clock().now());
        let contracts = Store::new(ledger.database().clone(), ledger.clock().clone());
        let Some(contract) = contracts.contract(self.contract).await? else { return Ok(None) };
        let Some(prepared) = self.prepared(ledger.database(), request, now).await? else { return Ok(None) };
        let mut what = prepared.what;
        let told = match &prepared.about {
            Some(token) => list::told(&contracts, contract.id, &token.holders).await?,
            None => contracts.recipients(contract.id, To::Administrators).await?,
        };
        what.mail = Some((self.notice(&contract, request, &prepared.lines), told));
        Ok(Some(what.commit(&checker.to_string(), &contract, now)))
    }

    /// The rows of it; nothing where the token or the stock is not as it was a moment ago.
    async fn prepared(
        &self,
        database: &Database,
        request: StaffRequestId,
        now: Timestamp,
    ) -> Result<Option<Prepared>, TokenError> {
        let contract = self.contract;
        let about = match self.act.serial() {
            Some(serial) => match list::find(database, contract, serial).await? {
                Some(token) => Some(token),
                None => return Ok(None),
            },
            None => None,
        };
        let serial = self.act.serial().unwrap_or_default();
        let of = |action, changes: Vec<Change>, rows: Vec<Row>, subject: &str, detail: String| Registration {
            action,
            subject: subject.to_owned(),
            detail: format!("{detail}paper {}", self.document),
            changes,
            rows,
            ..Registration::default()
        };
        let (what, lines) = match &self.act {
            PaperAct::Revoke { .. } => {
                let changes = vec![changes::revoke(serial, contract, now)];
                (of("token.revoke", changes, Vec::new(), serial, String::new()), Vec::new())
            }
            PaperAct::Unlock { locked_at, .. } => {
                let changes = vec![changes::unlock(serial, contract, *locked_at)];
                (of("token.unlock", changes, Vec::new(), serial, String::new()), Vec::new())
            }
            PaperAct::Lost { .. } => {
                let changes = vec![changes::lose(serial, contract, now)];
                (of("token.lost", changes, Vec::new(), serial, String::new()), Vec::new())
            }
            PaperAct::Add | PaperAct::Reissue { .. } => {
                let Some(next) = list::next_of_stock(database).await? else { return Ok(None) };
                let occasion = self.occasion(database).await?;
                let replaces = self.act.serial();
                let mut changes = vec![changes::ship(&next, contract, replaces, now)];
                changes.extend(replaces.map(|old| changes::end(old, contract, now)));
                let fee = fees::of_token(database, occasion, now.date()).await?;
                let charge = Charge {
                    id: request.uuid(),
                    contract,
                    kind: ChargeKind::Token,
                    amount: fee,
                    day: now.date(),
                    detail: format!("トークン {next} の{}", occasion.label()),
                    reference: request.to_string(),
                };
                let rows = charge.row(now).into_iter().collect();
                let detail = format!("{occasion:?}, {fee} yen, in place of {replaces:?}, ");
                let mut what = of("token.ship", changes, rows, &next, detail);
                if occasion == Occasion::First {
                    // a contract has one first token, whatever else is decided at the same time
                    let first = GuardKey(format!("token-first|{contract}"));
                    what.guards.push((first, EntityId(contract.uuid())));
                }
                let lines = vec![
                    ("新しいトークン", next),
                    ("手数料", format!("{fee} 円({})", occasion.label())),
                    ("お届け", "ご契約の届出住所へ、1週間から10日ほど".to_owned()),
                ];
                (what, lines)
            }
        };
        Ok(Some(Prepared { what, about, lines }))
    }

    /// Why the contract gets a token.
    async fn occasion(&self, database: &Database) -> Result<Occasion, TokenError> {
        Ok(match &self.act {
            PaperAct::Reissue { returned: true, .. } => Occasion::Returned,
            PaperAct::Reissue { returned: false, .. } => Occasion::Reissue,
            _ if list::of_contract(database, self.contract).await?.is_empty() => Occasion::First,
            _ => Occasion::Additional,
        })
    }

    fn notice(
        &self,
        contract: &Contract,
        request: StaffRequestId,
        lines: &[(&'static str, String)],
    ) -> Notice {
        let (title, advice) = match &self.act {
            PaperAct::Add | PaperAct::Reissue { .. } => (
                "新しいトークンの発送を受け付けました",
                "届いたら、「ワンタイムパスワード利用開始登録」の画面で登録してください。お心当たりがない場合は、すぐにお取引店へ\
                 お電話ください。",
            ),
            PaperAct::Revoke { .. } => ("トークンを失効しました", Notice::NOT_YOURS),
            PaperAct::Unlock { .. } => ("ワンタイムパスワードの利用停止を解除しました", Notice::NOT_YOURS),
            PaperAct::Lost { .. } => ("トークンの紛失・盗難の届けを受け付けました", Notice::NOT_YOURS),
        };
        let mut all = vec![("ご契約", contract.name.clone())];
        all.extend(self.act.serial().map(|serial| ("トークン", serial.to_owned())));
        all.extend(lines.iter().cloned());
        all.push(("手続き", "書面によるお申し出".to_owned()));
        Notice { event: format!("token-paper-{request}"), title: title.to_owned(), lines: all, advice }
    }

    fn done(&self) -> String {
        match &self.act {
            PaperAct::Add | PaperAct::Reissue { .. } => {
                "在庫のトークンを発送済みにしました。ご契約の届出住所へ送ってください。"
            }
            PaperAct::Revoke { .. } => "トークンを失効しました。",
            PaperAct::Unlock { .. } => "トークンの利用停止を解除しました。利用者はすぐに使えます。",
            PaperAct::Lost { .. } => "紛失・盗難の届けを登録しました。トークンは使えなくなりました。",
        }
        .to_owned()
    }
}

/// A paper as rows, ready for its commit.
struct Prepared {
    what: Registration,
    /// The token that it is about.
    about: Option<Token>,
    lines: Vec<(&'static str, String)>,
}
