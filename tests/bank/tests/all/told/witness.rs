//! Who is to be told of what, and a witness who sees what was done and who was told.

use std::collections::{BTreeMap, BTreeSet};

use database::read;
use internet_banking::mail::Feed;
use internet_banking::transfers::TransferFeed;

use super::{NEW, OTHER};
use crate::certificates::{KEIRI, MASTER};
use crate::support::{PASSWORD, World};

/// Those who administrate the contract of the walk, whoever has done it.
const ADMINISTRATORS: &[&str] = &["admin01", "master1"];
/// Who is told of an act, by login ID, in the order of the alphabet. `+` stands for the administrators of the contract.
pub const WHOM: &[(&str, &[&str])] = &[
    ("session.sign_in", &["hanako01"]),
    ("session.pause", &["+", "hanako01"]),
    ("session.lock", &["+", "hanako01"]),
    ("user.unlock", &["+", "hanako01"]),
    ("user.confirmation_lock", &["+", "hanako01"]),
    ("contract.unlock_confirmation", &["+"]),
    ("user.add", &["+", "ichiro01"]),
    ("user.own_first", &["ichiro01"]),
    ("user.change", &["+", "ichiro01"]),
    ("user.rights", &["+"]),
    ("user.suspend", &["+", "ichiro01"]),
    ("user.resume", &["+", "ichiro01"]),
    ("user.password", &["+", "ichiro01"]),
    ("user.remove", &["+", "ichiro01"]),
    ("user.return", &["+", "ichiro01"]),
    ("user.own_password", &["taro0001"]),
    ("user.own_confirmation", &["taro0001"]),
    ("user.own_reminder", &["taro0001"]),
    ("user.own_email", &["+", "new-taro0001", "taro0001"]),
    ("token.lock", &["+", "jiro0001"]),
    ("token.unlock", &["+", "jiro0001"]),
    ("token.lost", &["+", "jiro0001"]),
    ("token.ship", &["+"]),
    ("token.register", &["+", "jiro0001"]),
    ("token.revoke", &["+", "jiro0001"]),
    ("token.expiry_told", &["+", "jiro0001"]),
    ("payee.add", &["+"]),
    ("payee.change", &["+"]),
    ("payee.delete", &["+"]),
    ("payee.import", &["+"]),
    ("payee.check_lock", &["+"]),
    ("contract.unlock_name_check", &["+"]),
    ("payeasy.limit", &["+", "hanako01"]),
    ("payeasy.contract_limit", &["+"]),
    ("transfer.limit", &["+"]),
    ("payeasy.pay", &["+", "hanako01"]),
    ("payeasy.favourite_add", &["+", "hanako01"]),
    ("payeasy.favourite_rename", &["+", "hanako01"]),
    ("payeasy.favourite_delete", &["+", "hanako01"]),
    ("payeasy.stop", &["+", "hanako01"]),
    ("payeasy.stop_lifted", &["+", "hanako01"]),
    ("transfer.place", &["+", "hanako01"]),
    ("transfer.cancel", &["+", "hanako01"]),
    ("transfer.template_add", &["+", "hanako01"]),
    ("transfer.template_rename", &["+", "hanako01"]),
    ("transfer.template_delete", &["+", "hanako01"]),
    ("approval.policy", &["+"]),
    ("approval.ask", &["saburo01"]),
    ("approval.return", &["hanako01"]),
    ("approval.remind", &["saburo01"]),
    ("approval.expire", &["hanako01"]),
    ("approval.refused", &["hanako01"]),
    ("approval.approve", &["shiro001"]),
    ("contract.plan", &["+"]),
    ("contract.address", &["+"]),
    ("contract.phrase", &["+"]),
    ("contract.transfer_limit", &["+"]),
    ("contract.payee", &["+"]),
    ("contract.payee_end", &["+"]),
    ("contract.single_administrator", &["+"]),
    ("contract.stop", &["+", "hanako01"]),
    ("contract.stop_lifted", &["+"]),
    ("contract.master_mail", &["admin01", "new-tanaka", "tanaka"]),
    ("fee.short", &["+"]),
    ("fee.debit", &["+"]),
    ("contract.unlock_sign_in", &["+"]),
    ("contract.reset_master", &["+"]),
    ("contract.notice", &["+"]),
    ("contract.set_up_again", &["+", "tanaka"]),
    ("contract.end", &["admin01", "new-tanaka"]),
    ("certificate.issue", &[KEIRI, MASTER]),
    ("certificate.confirm", &[KEIRI, MASTER]),
    ("certificate.revoke", &[KEIRI, MASTER]),
    ("certificate.permit", &[KEIRI, MASTER]),
    ("contract.revoke_certificate", &[KEIRI, MASTER]),
    ("contract.same_day", &[MASTER]),
    ("contract.sign_in", &[MASTER]),
    ("contract.usable", &[]),
    ("contract.set_up", &["tanaka"]),
];

/// Acts that the bank tells of along their events, and what tells of itself without a registration.
pub const TOLD_ALONG_EVENTS: &[&str] =
    &["fee.debit", "fee.short", "payeasy.pay", "transfer.cancel", "transfer.place"];

/// Acts that need a file of their business, whose own tests look at the mail.
pub const LOOKED_AT_ELSEWHERE: &[&str] = &["bulk.file"];

/// Whole numbers of accounts and people's secrets, which no mail has.
const IN_NO_MAIL: &[&str] =
    &["1234567", "0098765", "7654321", "0000123", "://", "/sign-in", "http:", PASSWORD, NEW, OTHER];

/// Watches the audit log and the mails.
pub struct Witness<'w> {
    pub world: &'w World,
    acts: BTreeMap<String, i64>,
    pub mails: BTreeSet<String>,
    pub seen: BTreeSet<&'static str>,
    pub wrong: Vec<String>,
}

impl<'w> Witness<'w> {
    pub async fn of(world: &'w World) -> Self {
        let mut witness = Self {
            world,
            acts: BTreeMap::new(),
            mails: BTreeSet::new(),
            seen: BTreeSet::new(),
            wrong: Vec::new(),
        };
        witness.news().await;
        witness
    }

    /// How often each act was done since the last look, and address and body of the mails since then.
    async fn news(&mut self) -> (BTreeMap<String, i64>, Vec<(String, String)>) {
        let (database, bank) = (&self.world.bank.database, &self.world.bank);
        while Feed::new(bank.gateway.clone(), bank.contracts.clone()).step().await.unwrap() {}
        while TransferFeed::new(bank.transfers.clone(), bank.contracts.clone()).step().await.unwrap() {}
        let sql = "SELECT action, count(*) FROM audit GROUP BY action";
        let acts: Vec<(String, i64)> = read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        let sql = "SELECT id, address, subject || body FROM mail ORDER BY address, id";
        let mails: Vec<(String, String, String)> =
            read!(database, |c| sqlx::query_as(sql).fetch_all(c).await).unwrap();
        let acts: BTreeMap<_, _> = acts.into_iter().collect();
        let before = std::mem::replace(&mut self.acts, acts.clone());
        let since = |(action, count): (String, i64)| {
            let new = count - before.get(&action).copied().unwrap_or_default();
            (new > 0).then_some((action, new))
        };
        let new = mails.into_iter().filter_map(|(id, address, text)| {
            // the id of a row is the mail's name for ever: whatever is tried again is the same mail
            self.mails.insert(id).then_some((address, text))
        });
        let new = new.collect();
        (acts.into_iter().filter_map(since).collect(), new)
    }

    /// What happened on the way is no matter of the next look.
    pub async fn passes(&mut self) {
        self.news().await;
    }

    /// The act was done once since the last look, and those were told who are to be told, once each.
    pub async fn saw(&mut self, action: &'static str) {
        let (acts, mails) = self.news().await;
        if acts.get(action) != Some(&1) {
            self.wrong.push(format!("{action} was not done once: {acts:?}"));
        }
        let whom = WHOM.iter().find(|(known, _)| *known == action).unwrap_or_else(|| panic!("{action}"));
        let mut expected: Vec<&str> = whom.1.iter().copied().filter(|who| *who != "+").collect();
        if whom.1.contains(&"+") {
            expected.extend(ADMINISTRATORS);
        }
        expected.sort_unstable();
        let told: Vec<&str> =
            mails.iter().map(|(address, _)| address.strip_suffix("@example.jp").unwrap()).collect();
        if told != expected {
            self.wrong.push(format!("{action} was told to {told:?} and not to {expected:?}"));
        }
        for (_, text) in &mails {
            for never in IN_NO_MAIL {
                if text.contains(never) {
                    self.wrong.push(format!("{action}: {never} in {text}"));
                }
            }
            for always in ["お客さま指定の合言葉", "お尋ねすることもありません", "様\r\n"]
            {
                if !text.contains(always) {
                    self.wrong.push(format!("{action}: no {always} in {text}"));
                }
            }
        }
        self.seen.insert(whom.0);
    }
}

/// Where a step could not be done at all, what was wrong before it is told too.
impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.wrong.join("\n"));
        }
    }
}
