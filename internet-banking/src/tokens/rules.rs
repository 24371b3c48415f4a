//! Who may revoke and unlock which token on the screen, and for what the bank wants a paper (R60, R61, R72–R76): one
//! rule for every serial (C8). And from which day on a token's expiry is told (R70).

use chrono::Months;
use domain::Date;

use super::token::Standing;

/// What a master or administrator does to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 失効.
    Revoke,
    /// ワンタイムパスワードの利用停止解除.
    Unlock,
}

impl Act {
    /// The word in a form.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Unlock => "unlock",
        }
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Revoke => "失効",
            Self::Unlock => "利用停止解除",
        }
    }

    /// What the button says that does it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Revoke => "失効させる",
            Self::Unlock => "利用停止を解除する",
        }
    }

    /// From the word in a form.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Revoke, Self::Unlock].into_iter().find(|act| act.code() == code)
    }
}

/// Why it cannot be done on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Neither master nor administrator.
    NotAdministrator,
    /// The person's own token does not prove who asks; what is wrong with it, and none where there is no token.
    OwnToken(Option<Standing>),
    /// It is the token that the person uses.
    OwnSerial,
    /// The token is not in a state for it.
    NotThatState,
}

/// A token as far as the rule looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its serial.
    pub serial: &'a str,
    /// What it is good for.
    pub standing: Standing,
}

/// The rule: a master or administrator with a valid and unlocked token of their own, on any serial but that one.
pub fn on_screen(
    act: Act,
    administrator: bool,
    own: Option<Seen<'_>>,
    target: Seen<'_>,
) -> Result<(), Refusal> {
    if !administrator {
        return Err(Refusal::NotAdministrator);
    }
    let Some(own) = own else { return Err(Refusal::OwnToken(None)) };
    if own.serial == target.serial {
        return Err(Refusal::OwnSerial);
    }
    if own.standing != Standing::Valid {
        return Err(Refusal::OwnToken(Some(own.standing)));
    }
    let fits = match act {
        Act::Revoke => !matches!(target.standing, Standing::Revoked | Standing::Lost),
        Act::Unlock => target.standing == Standing::Locked,
    };
    if fits { Ok(()) } else { Err(Refusal::NotThatState) }
}

/// From which day on the users of a token are told that it expires: a calendar month before, or the last day of that
/// month where it is shorter (C5).
pub fn expiry_told_from(expires_on: Date) -> Date {
    expires_on.checked_sub_months(Months::new(1)).unwrap_or(expires_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Expired, Locked, Lost, Revoked, Unused, Valid};

    const OWN: &str = "1";
    const OTHER: &str = "2";

    fn seen(serial: &'static str, standing: Standing) -> Option<Seen<'static>> {
        Some(Seen { serial, standing })
    }

    /// Every row of the bank's two tables, as C8 reads them: contract, own token, act, target, and what comes of it.
    ///
    /// Proves R60, R61, R72, R73, R74, R75, R76.
    #[test]
    fn what_an_administrator_does_on_the_screen_and_what_needs_a_paper() {
        use Act::{Revoke, Unlock};
        use Refusal::{NotThatState, OwnSerial, OwnToken};
        let rows = [
            // the contract has one user, or several who share one token: whatever its state, paper
            ("R73 R74 in use", Revoke, seen(OWN, Valid), (OWN, Valid), Err(OwnSerial)),
            ("R73 R74 expired", Revoke, seen(OWN, Expired), (OWN, Expired), Err(OwnSerial)),
            ("R73 R74 lost", Revoke, seen(OWN, Lost), (OWN, Lost), Err(OwnSerial)),
            ("R60 locked, the only token", Unlock, seen(OWN, Locked), (OWN, Locked), Err(OwnSerial)),
            // several users with different tokens
            ("R75 own in use", Revoke, seen(OWN, Valid), (OTHER, Valid), Ok(())),
            ("R75 the other's is locked", Revoke, seen(OWN, Valid), (OTHER, Locked), Ok(())),
            ("R75 the other's is expired", Revoke, seen(OWN, Valid), (OTHER, Expired), Ok(())),
            ("R75 the other's is on its way", Revoke, seen(OWN, Valid), (OTHER, Unused), Ok(())),
            ("R75 the own one", Revoke, seen(OWN, Valid), (OWN, Valid), Err(OwnSerial)),
            ("R76 own expired", Revoke, seen(OWN, Expired), (OTHER, Valid), Err(OwnToken(Some(Expired)))),
            ("R76 own lost", Revoke, seen(OWN, Lost), (OTHER, Valid), Err(OwnToken(Some(Lost)))),
            ("R76 own revoked", Revoke, seen(OWN, Revoked), (OTHER, Valid), Err(OwnToken(Some(Revoked)))),
            ("own locked", Revoke, seen(OWN, Locked), (OTHER, Valid), Err(OwnToken(Some(Locked)))),
            ("no own token", Revoke, None, (OTHER, Valid), Err(OwnToken(None))),
            ("R61 another's is locked", Unlock, seen(OWN, Valid), (OTHER, Locked), Ok(())),
            ("R72 own expired", Unlock, seen(OWN, Expired), (OTHER, Locked), Err(OwnToken(Some(Expired)))),
            ("R72 own lost", Unlock, seen(OWN, Lost), (OTHER, Locked), Err(OwnToken(Some(Lost)))),
            ("own locked too", Unlock, seen(OWN, Locked), (OTHER, Locked), Err(OwnToken(Some(Locked)))),
            ("no own token", Unlock, None, (OTHER, Locked), Err(OwnToken(None))),
            ("not locked", Unlock, seen(OWN, Valid), (OTHER, Valid), Err(NotThatState)),
            ("lost is not unlocked", Unlock, seen(OWN, Valid), (OTHER, Lost), Err(NotThatState)),
            ("revoked twice", Revoke, seen(OWN, Valid), (OTHER, Revoked), Err(NotThatState)),
        ];
        for (case, act, own, (serial, standing), outcome) in rows {
            assert_eq!(on_screen(act, true, own, Seen { serial, standing }), outcome, "{case}");
            let general = on_screen(act, false, own, Seen { serial, standing });
            assert_eq!(general, Err(Refusal::NotAdministrator), "{case}, by a general user");
        }
    }

    /// The whole cross of states: nothing is allowed that the rule does not name.
    #[test]
    fn only_a_valid_token_of_ones_own_opens_another_one() {
        let all = [Unused, Valid, Locked, Expired, Revoked, Lost];
        for own in all {
            for target in all {
                for act in [Act::Revoke, Act::Unlock] {
                    let of = |serial| Seen { serial, standing: target };
                    assert_eq!(on_screen(act, true, seen(OWN, own), of(OWN)), Err(Refusal::OwnSerial));
                    let other = on_screen(act, true, seen(OWN, own), of(OTHER));
                    let fits = match act {
                        Act::Revoke => !matches!(target, Revoked | Lost),
                        Act::Unlock => target == Locked,
                    };
                    assert_eq!(other.is_ok(), own == Valid && fits, "{act:?} {own:?} {target:?}");
                }
            }
        }
    }

    /// A calendar month, clamped.
    ///
    /// Proves R70.
    #[test]
    fn expiry_is_told_a_calendar_month_before() {
        for (expires, told) in [
            ("2027-01-31", "2026-12-31"),
            ("2027-03-31", "2027-02-28"),
            ("2028-03-31", "2028-02-29"),
            ("2027-03-28", "2027-02-28"),
            ("2027-03-01", "2027-02-01"),
            ("2026-12-24", "2026-11-24"),
        ] {
            assert_eq!(expiry_told_from(expires.parse().unwrap()), told.parse().unwrap(), "{expires}");
        }
    }
}
