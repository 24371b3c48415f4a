//! A token as the bank keeps it: kind, life, and who uses it.

use domain::{ContractId, Date, Timestamp, UserId};

use crate::contracts::{Role, code};

code! {
    /// What a token is (R62).
    TokenKind {
        /// A device of its own.
        Hardware = "hardware", "ハードウェアトークン";
        /// A program on a telephone.
        Software = "software", "ソフトウェアトークン";
    }

    /// How far a token has come. Its printed date ends it at any point: see [`Standing`].
    TokenState {
        /// At the bank, nobody's.
        Stock = "stock", "在庫";
        /// On the way to a contract, or arrived and not registered for use.
        Shipped = "shipped", "発送済み";
        /// Registered for use.
        InUse = "in_use", "利用中";
        /// Ended by an administrator or the bank.
        Revoked = "revoked", "失効";
        /// Reported lost or stolen.
        Lost = "lost", "紛失届";
    }
}

/// What a token is good for on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not registered for use yet.
    Unused,
    /// Its codes count.
    Valid,
    /// Wrong codes have locked it.
    Locked,
    /// The printed date has passed.
    Expired,
    /// It was revoked.
    Revoked,
    /// It was reported lost.
    Lost,
}

impl Standing {
    /// Of a token with this state, printed date and lock.
    pub fn of(state: TokenState, expires_on: Option<Date>, locked: bool, today: Date) -> Self {
        match state {
            TokenState::Revoked => Self::Revoked,
            TokenState::Lost => Self::Lost,
            _ if expires_on.is_some_and(|last| today > last) => Self::Expired,
            // one that is not registered yet may be locked by wrong codes at its registration
            TokenState::InUse | TokenState::Shipped if locked => Self::Locked,
            TokenState::InUse => Self::Valid,
            TokenState::Stock | TokenState::Shipped => Self::Unused,
        }
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unused => "利用開始登録の前",
            Self::Valid => "利用中",
            Self::Locked => "利用停止",
            Self::Expired => "期限切れ",
            Self::Revoked => "失効",
            Self::Lost => "紛失届",
        }
    }

    /// Icon and colour, which stand beside the word.
    pub const fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Valid => ("✓", "ok"),
            Self::Unused => ("●", "wait"),
            Self::Locked | Self::Expired => ("!", "bad"),
            Self::Revoked | Self::Lost => ("×", "info"),
        }
    }
}

/// Somebody who uses a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's role.
    pub role: Role,
}

/// A token of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The number on its back.
    pub serial: String,
    /// Whose it is; none of one in stock and of the bank's staff.
    pub contract: Option<ContractId>,
    /// What it is.
    pub kind: TokenKind,
    /// How far it has come.
    pub state: TokenState,
    /// The last day on which its codes count, as printed on its back.
    pub expires_on: Option<Date>,
    /// When wrong codes locked it.
    pub locked_at: Option<Timestamp>,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Who has registered it for use.
    pub holders: Vec<Holder>,
}

impl Token {
    /// What it is good for on a day.
    pub fn standing(&self, today: Date) -> Standing {
        Standing::of(self.state, self.expires_on, self.locked_at.is_some(), today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token is hardware or software, and both live alike.
    ///
    /// Proves R62.
    #[test]
    fn what_a_token_is_good_for_follows_from_its_state_its_lock_and_its_date() {
        use TokenState::{InUse, Lost, Revoked, Shipped, Stock};
        assert_eq!(TokenKind::ALL.len(), 2);
        let last: Date = "2026-11-24".parse().unwrap();
        let next = last.succ_opt().unwrap();
        for (state, locked, on_last_day, after) in [
            (Stock, false, Standing::Unused, Standing::Expired),
            (Shipped, false, Standing::Unused, Standing::Expired),
            (Shipped, true, Standing::Locked, Standing::Expired),
            (InUse, false, Standing::Valid, Standing::Expired),
            (InUse, true, Standing::Locked, Standing::Expired),
            (Revoked, true, Standing::Revoked, Standing::Revoked),
            (Lost, false, Standing::Lost, Standing::Lost),
        ] {
            assert_eq!(Standing::of(state, Some(last), locked, last), on_last_day, "{state:?}");
            assert_eq!(Standing::of(state, Some(last), locked, next), after, "{state:?} the day after");
        }
        assert_eq!(Standing::of(InUse, None, false, Date::MAX), Standing::Valid, "nothing is printed");
    }
}
