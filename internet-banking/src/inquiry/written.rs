//! Accounts and movements as files write them.

use formats::kana::{Class, ZenginText};
use formats::legal_forms;
use formats::zengin::statement::Movement;
use formats::zengin::{self, Remitter};
use ledger::{IncomingTransfer, StatementLine};

use crate::Bank;
use crate::contracts::{AccountKind, DepositAccount};
use crate::payees::Master;

/// A movement with what is known of who sent it.
pub struct Known {
    /// The movement.
    pub line: StatementLine,
    /// Who sent it, where it is an incoming transfer.
    pub sent: Option<IncomingTransfer>,
}

/// A name of which everything can be written is written; of another what can be, its legal form abbreviated.
fn name(name: &str) -> ZenginText {
    ZenginText::abridged(&legal_forms::abbreviated(name), Class::Party)
}

/// The account as headers name it.
pub fn account(bank: &Bank, account: &DepositAccount) -> zengin::Account {
    let own = Master::own();
    // a branch that the master has not is named as far as its name can be written
    let branch = account.branch.parse().ok().and_then(|code| own.branch(&code));
    let branch = branch.map_or(account.branch_name.as_str(), |one| one.kana.as_str());
    zengin::Account {
        bank: bank.gateway.own_bank().as_str().to_owned(),
        bank_name: ZenginText::abridged(&own.kana, Class::Branch),
        branch: account.branch.clone(),
        branch_name: ZenginText::abridged(branch, Class::Branch),
        kind: match account.kind {
            AccountKind::Ordinary => 1,
            AccountKind::Current => 2,
        },
        number: account.number.clone(),
        name: name(&account.name),
    }
}

impl Known {
    /// Who sent it, as files write it; nothing of it where it is no incoming transfer.
    pub fn remitter(&self) -> Remitter {
        let Some(sent) = &self.sent else { return Remitter::default() };
        Remitter {
            code: sent.code.clone(),
            name: name(&sent.name),
            bank_name: ZenginText::abridged(&sent.bank.1, Class::Branch),
            branch_name: ZenginText::abridged(&sent.branch.1, Class::Branch),
            edi: ZenginText::abridged(&sent.edi, Class::Edi),
        }
    }

    /// 取引区分: an incoming transfer, a debit of the account, or something else.
    pub fn movement(&self) -> Movement {
        match (&self.sent, self.line.amount.get() < 0) {
            (Some(_), _) => Movement::Transfer,
            (None, true) => Movement::Account,
            (None, false) => Movement::Other,
        }
    }

    /// 摘要内容, as far as it can be written.
    pub fn narrative(&self) -> ZenginText {
        ZenginText::abridged(&self.line.memo, Class::Edi)
    }
}
