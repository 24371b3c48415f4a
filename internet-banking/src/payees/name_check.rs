//! 振込先口座の確認機能: the account's holder is asked and compared with what was typed (R89). It shows and decides nothing
//! more: a transfer to the typed name is always possible (R93).

use formats::kana::{Class, ZenginText};
use formats::legal_forms::abbreviated;
use serde::{Deserialize, Serialize};
use transfers::Holder;

use super::Entered;
use super::bounds::Bounds;
use super::counters::{Admission, Judgement, Locked, NameCheckLimits, NameChecks};
use super::likeness::{Likeness, compare};
use super::list::List;
use super::operation::permit;
use super::problem::Problem;
use crate::Bank;
use crate::mail::{Notice, To};
use crate::registration::Registration;
use crate::settings::{NAMES_MISSING_MAX, NAMES_SHOWN_MAX};
use crate::sign_in::SignedIn;

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The holder, and how the typed name stands to it.
    Named {
        /// The name, in kana as it is sent.
        name: String,
        /// How it stands to what was typed.
        likeness: Likeness,
        /// So many more in a row without a transfer lock the function; `None` where that was not kept.
        #[serde(default)]
        left: Option<i64>,
    },
    /// There is no such account; so many more in a row lock the function.
    NoSuchAccount {
        /// Questions left.
        left: i64,
    },
    /// It could not be checked: its bank supplies no names, or nobody answered in time (R92).
    NotKnown,
    /// As many checks of the user or the contract are under way as may be.
    Busy,
    /// The function is locked until the bank lifts it (R90, R91, R95).
    Locked(Locked),
}

impl Checked {
    /// Whether somebody was asked: otherwise it may be tried again.
    pub const fn was_asked(&self) -> bool {
        !matches!(self, Self::Busy | Self::Locked(_))
    }

    /// The result as the page sends it again with what it is of, so that a wrong one-time password costs no second
    /// question; nothing where nobody was asked. It says no more than was shown: a name that differs is masked.
    pub fn kept(&self) -> Option<String> {
        let kept = match (self, self.shown()) {
            (Self::Named { likeness, left, .. }, Some(name)) => {
                Self::Named { name, likeness: *likeness, left: *left }
            }
            _ => self.clone(),
        };
        serde_json::to_string(&kept).ok().filter(|_| self.was_asked())
    }

    /// What was kept. Whoever sends something else deceives nobody but themselves: it is shown and decides nothing.
    pub fn from_kept(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(Self::was_asked)
    }

    /// The class of its tag.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Named { likeness: Likeness::Same, .. } => "ok",
            Self::Named { likeness: Likeness::Different, .. } | Self::NoSuchAccount { .. } => "bad",
            Self::Named { .. } | Self::NotKnown | Self::Busy | Self::Locked(_) => "wait",
        }
    }

    /// The sign of its tag.
    pub const fn icon(&self) -> &'static str {
        match self {
            Self::Named { likeness: Likeness::Same, .. } => "✓",
            Self::Named { likeness: Likeness::Different, .. } | Self::NoSuchAccount { .. } => "!",
            Self::Named { .. } | Self::NotKnown | Self::Busy | Self::Locked(_) => "●",
        }
    }

    /// It in a word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Named { likeness: Likeness::Same, .. } => "名義が一致",
            Self::Named { likeness: Likeness::Similar, .. } => "名義が少し違います",
            Self::Named { likeness: Likeness::Different, .. } => "名義が違います",
            Self::NoSuchAccount { .. } => "口座なし",
            Self::NotKnown | Self::Busy => "確認できません",
            Self::Locked(_) => "確認機能の停止中",
        }
    }

    /// The holder, masked but for the first letter of each part where another name was typed (SEC-41);
    /// a name that was typed rightly, or but for a letter, is no news.
    pub fn shown(&self) -> Option<String> {
        let Self::Named { name, likeness, .. } = self else { return None };
        match likeness {
            Likeness::Same | Likeness::Similar => Some(name.clone()),
            Likeness::Different => Some(name.split(' ').map(masked).collect::<Vec<_>>().join(" ")),
        }
    }

    /// What it means and what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Named { likeness, left, .. } => {
                let found = match likeness {
                    Likeness::Same => "口座の名義は、入力された受取人名と一致しました。",
                    Likeness::Similar => {
                        "口座の名義は、入力された受取人名と少し違います。請求書などで、受取人名を確かめてください。"
                    }
                    Likeness::Different => {
                        "口座の名義は、入力された受取人名と違います。口座番号と受取人名を確かめてください。このままでは、入金されずに戻ることがあります。"
                    }
                };
                let more = match left {
                    Some(0) => "振込をせずに名義の確認が続いたため、次からはこの確認機能を停止します。この振込は、このまま続けられます。".to_owned(),
                    Some(left @ 1..=WARNED_FROM) => format!(
                        "振込をせずに名義の確認があと{left}回続くと、この確認機能を停止します。解除には、お取引店の窓口でのお申出が必要です。"
                    ),
                    _ => String::new(),
                };
                format!("{found}{more}")
            }
            Self::NoSuchAccount { left } => {
                let more = match left {
                    0 => String::new(),
                    left => format!(
                        "見つからない口座の確認が、あと{left}回続くと、この確認機能を停止します。解除には、お取引店の窓口でのお申出が必要です。"
                    ),
                };
                format!(
                    "この口座は見つかりませんでした。銀行・支店・科目・口座番号を確かめてください。{more}"
                )
            }
            Self::NotKnown => {
                "受取人の銀行から名義の回答がなく、確認できませんでした。入力された受取人名で手続きできます。"
                    .to_owned()
            }
            Self::Busy => "ほかの確認を行っています。少し待ってから、もう一度お試しください。".to_owned(),
            Self::Locked(who) => {
                let whose = match who {
                    Locked::User => "あなたの",
                    Locked::Contract => "ご契約の",
                };
                format!(
                    "見つからない口座や名義の確認が続いたため、{whose}口座確認機能は停止しています。\
                     入力された受取人名で手続きできます。停止の解除は、お届け印と本人確認書類をお持ちのうえ、お取引店の窓口でお申し出ください。"
                )
            }
        }
    }
}

/// From so many names on that may still be shown, whoever asks is told.
const WARNED_FROM: i64 = 2;

/// A part of a name with its first letter alone.
fn masked(part: &str) -> String {
    part.chars().enumerate().map(|(place, c)| if place == 0 { c } else { '*' }).collect()
}

/// How much may be asked in a row today: of a user what two people of the bank have set, and of a contract no less.
async fn limits(bank: &Bank) -> Result<NameCheckLimits, Problem> {
    let (today, embedded) = (bank.clock.now().date(), Bounds::embedded().name_check);
    let missing_max =
        NAMES_MISSING_MAX.number(&bank.database, today).await.map_err(|e| Problem::unavailable(&e))?;
    let shown_max =
        NAMES_SHOWN_MAX.number(&bank.database, today).await.map_err(|e| Problem::unavailable(&e))?;
    Ok(NameCheckLimits {
        missing_max,
        shown_max,
        contract_missing_max: embedded.contract_missing_max.max(missing_max),
        contract_shown_max: embedded.contract_shown_max.max(shown_max),
    })
}

/// Asks who holds the account and compares. Every question counts.
pub async fn check(bank: &Bank, by: &SignedIn, list: List, entered: &Entered) -> Result<Checked, Problem> {
    permit(by, list)?;
    let checks = NameChecks::new(&bank.database, limits(bank).await?);
    let (contract, user) = (by.contract.id, by.user.id);
    match checks.admit(contract, user, bank.clock.now()).await? {
        Admission::Counted => {}
        Admission::OthersUnderWay => return Ok(Checked::Busy),
        Admission::Locked(who) => return Ok(Checked::Locked(who)),
    }
    // it is judged whatever becomes of the page
    let (bank, by, entered) = (bank.clone(), by.clone(), entered.clone());
    let asked = tokio::spawn(async move { asked(&bank, &by, &entered).await }).await;
    asked.unwrap_or_else(|error| Err(Problem::unavailable(&error)))
}

/// How a typed name stands to a holder's as the account's bank has it.
pub fn likeness(typed: &str, holder: &str) -> Likeness {
    compare(typed, &ZenginText::abridged(&abbreviated(holder), Class::Party).to_string())
}

async fn asked(bank: &Bank, by: &SignedIn, entered: &Entered) -> Result<Checked, Problem> {
    let holder = bank.transfers.holder(&entered.account).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an account's holder cannot be looked up");
        Holder::NotKnown
    });
    let holder = match holder {
        Holder::Named(name) => {
            let name = ZenginText::abridged(&abbreviated(&name), Class::Party);
            if name.is_empty() { Holder::NotKnown } else { Holder::Named(name.to_string()) }
        }
        other => other,
    };
    let judgement = match &holder {
        Holder::Named(_) => Judgement::Shown,
        Holder::NoSuchAccount => Judgement::Missing,
        Holder::NotKnown => Judgement::Neither,
    };
    let checks = NameChecks::new(&bank.database, limits(bank).await?);
    let now = bank.clock.now();
    let (locked, left) = checks.judge(by.contract.id, by.user.id, judgement, now).await?;
    if let Some(locked) = locked
        && let Err(error) = tell(bank, by, locked, judgement).await
    {
        tracing::error!(%error, "a lock of the name check is not in the audit log");
    }
    Ok(match holder {
        Holder::Named(name) => {
            let likeness = compare(&entered.holder, &name);
            Checked::Named { name, likeness, left: Some(left.shown) }
        }
        Holder::NoSuchAccount => Checked::NoSuchAccount { left: left.missing },
        Holder::NotKnown => Checked::NotKnown,
    })
}

/// Leaves a record that the function was locked, and tells the user and the administrators.
async fn tell(
    bank: &Bank,
    by: &SignedIn,
    locked: Locked,
    why: Judgement,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    let now = bank.clock.now();
    let subject = match locked {
        Locked::User => by.user.id.to_string(),
        Locked::Contract => by.contract.id.to_string(),
    };
    let (reason, detail) = match why {
        Judgement::Missing => ("見つからない口座の照会が続きました", "accounts that are not there"),
        _ => ("振込をせずに、口座名義の表示が続きました", "names shown without a transfer"),
    };
    let whose = match locked {
        Locked::User => by.user.name.clone(),
        Locked::Contract => "ご契約の皆さま".to_owned(),
    };
    let notice = Notice {
        event: format!("name-check-lock-{subject}-{}", now.micros()),
        title: "振込先口座の確認機能を停止しました".to_owned(),
        lines: vec![
            ("停止の対象", whose),
            ("最後に照会された方", by.user.name.clone()),
            ("停止の理由", reason.to_owned()),
        ],
        advice: "受取人名を入力しての振込は、このままご利用になれます。確認機能の再開は、お届け印と本人確認書類をお持ちのうえ、お取引店の\
                 窓口でお申し出ください。お心当たりがない場合は、すぐにお取引店へお電話ください。",
    };
    let what = Registration {
        action: "payee.check_lock",
        subject,
        detail: detail.to_owned(),
        mail: Some((notice, to)),
        ..Registration::default()
    };
    bank.ledger.commit(what.commit(&by.user.id.to_string(), &by.contract, now)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves SEC-41.
    #[test]
    fn a_name_that_is_news_is_masked() {
        let of =
            |likeness| Checked::Named { name: "ﾔﾏﾀﾞ ﾀﾛｳ".to_owned(), likeness, left: None };
        assert_eq!(of(Likeness::Different).shown().as_deref(), Some("ﾔ*** ﾀ**"));
        for near in [Likeness::Same, Likeness::Similar] {
            assert_eq!(of(near).shown().as_deref(), Some("ﾔﾏﾀﾞ ﾀﾛｳ"));
        }
        assert_eq!(Checked::NotKnown.shown(), None);
    }

    #[test]
    fn whatever_comes_of_it_a_typed_name_goes_on() {
        let goes_on = [Checked::NotKnown, Checked::Locked(Locked::User), Checked::Locked(Locked::Contract)];
        for checked in goes_on {
            assert!(checked.words().contains("入力された受取人名で手続きできます"), "{checked:?}");
        }
        assert!(Checked::NoSuchAccount { left: 1 }.words().contains("あと1回"));
        let named = |left| Checked::Named { name: "ｱ".to_owned(), likeness: Likeness::Same, left }.words();
        assert!(named(Some(2)).contains("あと2回") && named(Some(1)).contains("あと1回"));
        assert!(named(Some(0)).contains("停止します"));
        for quiet in [Some(3), None] {
            assert_eq!(named(quiet), "口座の名義は、入力された受取人名と一致しました。");
        }
    }
}
