//! A request: what is asked for, by whom, and how far it has come.

use domain::{AccountId, ApprovalId, ContractId, OrderId, Timestamp, UserId, Yen};
use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::policy::{Hand, Need};
use super::state::State;
use crate::bulk::approval::AskedBatch;
use crate::contracts::{Business, User};
use crate::payeasy::approval::AskedPayment;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::transfers::approval::AskedTransfer;
use crate::transfers::return_approval::AskedReturn;
use crate::users::approval::AskedChange;

/// What is asked for. A further business is a variant here, and its own folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    /// A Pay-easy payment.
    Payeasy(AskedPayment),
    /// 振込 or 振替.
    Transfer(Box<AskedTransfer>),
    /// 組戻しの承諾: a transfer that came in is given back.
    Return(AskedReturn),
    /// 総合振込, 給与・賞与振込, 口座振替 or 地方税納付.
    Bulk(Box<AskedBatch>),
    /// What an administrator changes of the contract (SEC-21).
    Administration(AskedChange),
}

impl Matter {
    /// The word in the database.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Payeasy(_) => Business::PayEasy.code(),
            Self::Transfer(_) | Self::Return(_) => Business::Transfer.code(),
            Self::Bulk(of) => of.business().code(),
            Self::Administration(_) => "administration",
        }
    }

    /// The business, in a word.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Payeasy(_) => Business::PayEasy.label(),
            Self::Transfer(of) => of.kind(),
            Self::Return(_) => "組戻しの承諾",
            Self::Bulk(of) => of.kind.label(),
            Self::Administration(_) => "管理の手続き",
        }
    }

    /// Business and account, where money is to move: whoever has a say must have the right to both.
    pub const fn place(&self) -> Option<(Business, AccountId)> {
        match self {
            Self::Payeasy(of) => Some((Business::PayEasy, of.account)),
            Self::Transfer(of) => Some((Business::Transfer, of.details.account)),
            Self::Return(of) => Some((Business::Transfer, of.account)),
            Self::Bulk(of) => Some((of.business(), of.account)),
            Self::Administration(_) => None,
        }
    }

    /// The order that it becomes, where it is a transfer.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Transfer(of) => Some(of.order),
            Self::Payeasy(_) | Self::Return(_) | Self::Bulk(_) | Self::Administration(_) => None,
        }
    }

    /// What it does, in a few words.
    pub fn title(&self) -> String {
        match self {
            Self::Payeasy(of) => of.bill.contents.clone(),
            Self::Transfer(of) => of.payee.title(),
            Self::Return(of) => of.payer.clone(),
            Self::Bulk(of) => of.title(),
            Self::Administration(of) => of.title(),
        }
    }

    /// What leaves the account.
    pub fn amount(&self) -> Option<Yen> {
        match self {
            Self::Payeasy(of) => of.bill.total(),
            Self::Transfer(of) => Some(of.details.amount),
            Self::Return(of) => Some(of.amount),
            Self::Bulk(of) => Some(of.amount),
            Self::Administration(_) => None,
        }
    }

    /// Whether its approval makes a password, which is shown once.
    pub fn makes_password(&self) -> bool {
        match self {
            Self::Payeasy(_) | Self::Transfer(_) | Self::Return(_) | Self::Bulk(_) => false,
            Self::Administration(of) => of.makes_password(),
        }
    }

    /// Whether the person may see it and have a say: the author, and whoever could approve it.
    pub fn is_open_to(&self, by: &SignedIn) -> bool {
        match self.place() {
            Some((business, account)) => {
                policy::offers(by.contract.plan, business)
                    && by.user.rights.may_use(business, account)
                    && !by.user.rights.steps(business).is_empty()
            }
            None => policy::has(&by.user, crate::contracts::Duty::Approvals) && !self.lets_in(by.user.id),
        }
    }

    /// Whether it lets in this very person, whose own it is not to confirm that (SEC-10).
    pub fn lets_in(&self, user: UserId) -> bool {
        matches!(self, Self::Administration(change) if change.lets_in() == Some(user))
    }
}

/// How a request ended that was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    Done(String),
    /// It cannot be done, for this reason.
    Refused(String),
    /// That is not known yet: somebody looks again.
    Unclear,
}

/// An approval that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// By whom, with which token.
    pub hand: Hand,
    /// The digest of what was seen.
    pub digest: String,
    /// When.
    pub at: Timestamp,
}

/// A request with everything that became of it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub id: ApprovalId,
    /// Whose contract.
    pub contract: ContractId,
    /// What it is about: of one thing an author has one request.
    pub about: String,
    /// Who asks, and by which token.
    pub author: Hand,
    /// Where it is.
    pub state: State,
    /// Every step of its life counts.
    pub version: i64,
    /// How often it was asked for.
    pub round: i64,
    /// What is asked for.
    pub matter: Matter,
    /// The same as it is kept.
    pub text: String,
    /// The digest of what is asked for in this round.
    pub digest: String,
    /// What carrying it out needs beside the matter and no page shows.
    pub secret: Option<SecretString>,
    /// What it needs.
    pub need: Need,
    /// What was said at its last step.
    pub note: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When its last step was.
    pub changed_at: Timestamp,
    /// Until when it may be approved, or is kept with its author.
    pub until: Timestamp,
    /// Who has approved this round, in order.
    pub given: Vec<Given>,
}

impl Request {
    /// Where it is at an instant: what nobody decided in time is over, whether anybody has noted it or not.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state == State::Asked && now >= self.until { State::Expired } else { self.state }
    }

    /// Whether it is word for word what was asked for, and what everybody approved who has approved it.
    pub fn is_intact(&self) -> bool {
        let digest = digest_of(self.id, self.contract, &self.author, self.round, self.need, &self.text);
        self.digest == digest && self.given.iter().all(|given| given.digest == digest)
    }

    /// Who has approved this round, in order.
    pub fn hands(&self) -> Vec<Hand> {
        self.given.iter().map(|given| given.hand.clone()).collect()
    }

    /// When the last of its approvals was given, where there is one: what counts for a cut-off (F-8).
    pub fn last_given_at(&self) -> Option<Timestamp> {
        self.given.iter().map(|given| given.at).max()
    }

    /// Whether the person may see it. What is only kept is its author's alone; what others were asked for is seen by
    /// whoever could approve it, and by whoever does that business with that account, as what becomes of it will be.
    pub fn is_shown_to(&self, by: &SignedIn) -> bool {
        let shares = match self.matter.place() {
            Some((business, account)) => {
                policy::offers(by.contract.plan, business) && by.user.rights.may_use(business, account)
            }
            None => self.matter.is_open_to(by),
        };
        self.is_of(&by.user) || (shares && self.state != State::Draft)
    }

    /// Whether the person has made it.
    pub fn is_of(&self, user: &User) -> bool {
        self.author.user == user.id && self.contract == user.contract
    }
}

/// The digest of what is asked for in a round, by whom, and of how many must approve it (SEC-16).
pub fn digest_of(
    id: ApprovalId,
    contract: ContractId,
    author: &Hand,
    round: i64,
    need: Need,
    text: &str,
) -> String {
    let (user, serial) = (author.user, author.serial.as_deref().unwrap_or_default());
    let Need { approvals, ordered } = need;
    let facts =
        format!("mpn-approval-2|{id}|{contract}|{user}|{serial}|{round}|{approvals}|{ordered}|{text}");
    digest(&SHA256, facts.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two that differ in one part, whichever, the digests differ.
    ///
    /// Proves SEC-16.
    #[test]
    fn every_part_of_what_is_asked_for_is_in_its_digest() {
        let (id, contract, user) = (ApprovalId::generate(), ContractId::generate(), UserId::generate());
        let hand = |user, serial: &str| Hand { user, serial: Some(serial.to_owned()) };
        let (author, need) = (hand(user, "1"), Need { approvals: 2, ordered: false });
        let all = [
            digest_of(id, contract, &author, 1, need, "{}"),
            digest_of(ApprovalId::generate(), contract, &author, 1, need, "{}"),
            digest_of(id, ContractId::generate(), &author, 1, need, "{}"),
            digest_of(id, contract, &hand(UserId::generate(), "1"), 1, need, "{}"),
            digest_of(id, contract, &hand(user, "2"), 1, need, "{}"),
            digest_of(id, contract, &author, 2, need, "{}"),
            digest_of(id, contract, &author, 1, Need { approvals: 1, ..need }, "{}"),
            digest_of(id, contract, &author, 1, Need { ordered: true, ..need }, "{}"),
            digest_of(id, contract, &author, 1, need, "{} "),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(all[0], digest_of(id, contract, &author, 1, need, "{}"), "the same is the same");
    }
}
