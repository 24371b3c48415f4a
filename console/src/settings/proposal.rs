//! What another value of a setting asks of two people.

use domain::time::year_month_day;
use domain::{Date, StaffRequestId};
use gateway::directory::SetPart;
use gateway::{Gateway, Guard, Operator};
use internet_banking::answer::Stop;
use internet_banking::settings::Setting;
use ledger::{AuditRecord, Commit};
use serde::{Deserialize, Serialize};

use crate::help::ConsoleCode;
use crate::links::SettingLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;

/// A setting has another value from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// The setting's word.
    pub name: String,
    /// From which day on.
    pub from: Date,
    /// What would hold on that day, when it was proposed; as it is kept.
    pub before: String,
    /// What is to hold, as it is kept.
    pub after: String,
    /// The number of the paper that decides it; empty in requests from before papers were asked for.
    #[serde(default)]
    pub document: String,
}

/// What two people look at twice: a number that gains or loses a digit is oftener a slip of the hand than a decision.
fn unlikely(before: &str, after: &str) -> Option<&'static str> {
    let (before, after): (u64, u64) = (before.parse().ok()?, after.parse().ok()?);
    if before == 0 || after == before {
        None
    } else if after == 0 {
        Some("0になります。書類と照らしてください")
    } else if after / before >= 10 {
        Some("変更前の10倍以上になります。けたの誤りがないか、書類と照らしてください")
    } else if before / after >= 10 {
        Some("変更前の10分の1以下になります。けたの誤りがないか、書類と照らしてください")
    } else {
        None
    }
}

impl SettingChange {
    /// What approving one of everybody's does.
    const CONSEQUENCE: &str = "承認すると、開始日からすべての契約に新しい値が効きます。開始日が本日のときは、すぐに効きます。この承認でお金は動きません。";

    /// Of one setting one request is open.
    pub fn subject(&self) -> String {
        Self::subject_of(&self.name)
    }

    /// What it is about, in a list of requests.
    pub fn about(&self) -> String {
        Setting::of(&self.name).map_or_else(|| self.name.clone(), |setting| setting.label.to_string())
    }

    /// What approving it does.
    pub fn consequence(&self) -> &'static str {
        match Setting::of(&self.name).and_then(|setting| setting.collector()) {
            Some((_, SetPart::Suspension)) if self.after == SetPart::Suspension.unset() => {
                "承認すると、開始日の0時から、この収納機関への照会と払込をまた受け付けます。開始日が本日のときは、すぐに効きます。この承認でお金は動きません。"
            }
            Some((_, SetPart::Suspension)) => {
                "承認すると、開始日の0時から、この収納機関への照会と払込を受け付けません(窓口・APIも)。開始日が本日のときは、すぐに効きます。\
                 すでに送信した払込の再送と結果の確定は続きます。この承認でお金は動きません。"
            }
            Some(_) => {
                "承認すると、開始日からこの収納機関に新しい値が効きます。開始日が本日のときは、すぐに効きます。この承認でお金は動きません。"
            }
            None => Self::CONSEQUENCE,
        }
    }

    /// The subject of requests about a setting.
    pub fn subject_of(name: &str) -> String {
        format!("setting/{name}")
    }

    /// What the page of a request shows of it.
    pub(crate) fn matter(&self) -> Result<Option<Matter>, Stop> {
        let Some(setting) = Setting::of(&self.name) else { return Ok(None) };
        let mut rows = vec![
            ("設定", setting.label.to_string()),
            ("開始日", year_month_day(self.from)),
            ("変更前の値", setting.shown(&self.before)),
            ("変更後の値", setting.shown(&self.after)),
        ];
        if let Some(words) = unlikely(&self.before, &self.after) {
            rows.push(("ご確認", words.to_owned()));
        }
        if !self.document.is_empty() {
            rows.push(("書類番号", self.document.clone()));
        }
        Ok(Some(Matter {
            heading: "対象の設定",
            link: SettingLink::of(&setting).to_string(),
            link_words: "設定を見る",
            rows,
        }))
    }

    /// Whether it could be carried out now: a value that does not read cannot be approved.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let setting = Setting::of(&self.name).ok_or(ConsoleCode::NotThere)?;
        if setting.collector().is_some_and(|(number, _)| gateway.directory().get(&number).is_none()) {
            return Err(ConsoleCode::NotThere.into());
        }
        let today = gateway.ledger().clock().now().date();
        if self.from < today || setting.read(&self.after).as_ref() != Ok(&self.after) {
            return Err(ConsoleCode::SettingChanged.into());
        }
        let now = setting.on(gateway.ledger().database(), self.from).await;
        match now.map_err(|error| Problem::unavailable(&error))? {
            now if now != self.before => Err(ConsoleCode::SettingChanged.into()),
            _ => Ok(()),
        }
    }

    /// Sets it, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let once = Guard::request_act(request);
        if let Err(problem) = self.check(gateway).await {
            // our own of an earlier try, whose result was not recorded, has changed it
            return match (gateway.is_taken(&once).await, problem.code) {
                (Ok(true), _) => self.done(),
                (Ok(false), ConsoleCode::SettingChanged | ConsoleCode::NotThere) => {
                    Carried::Refused(problem.words().to_owned())
                }
                _ => Carried::Unclear,
            };
        }
        let Some(setting) = Setting::of(&self.name) else { return Carried::Unclear };
        let now = gateway.ledger().clock().now();
        let audit = AuditRecord {
            contract: None,
            actor: checker.to_string(),
            action: "setting.change",
            subject: self.name.clone(),
            detail: format!("{} to {} from {}; paper {}", self.before, self.after, self.from, self.document),
        };
        let commit = Commit {
            rows: vec![setting.row(self.from, &self.after, &checker.to_string(), now)],
            audit: vec![audit],
            ..Commit::default()
        };
        match commit_once(gateway, request, commit).await {
            Once::Done => self.done(),
            Once::Refused(_) | Once::Unclear => Carried::Unclear,
        }
    }

    fn done(&self) -> Carried {
        let shown = |value: &str| Setting::of(&self.name).map_or_else(String::new, |s| s.shown(value));
        let (from, before, after) = (year_month_day(self.from), shown(&self.before), shown(&self.after));
        Carried::Done(format!("{from}から、{before}を{after}に変更します。"))
    }
}

#[cfg(test)]
mod tests {
    use super::unlikely;

    #[test]
    fn a_number_that_gains_or_loses_a_digit_is_pointed_out() {
        assert_eq!(unlikely("1000", "9999"), None);
        assert!(unlikely("1000", "10000").unwrap().contains("10倍以上"));
        assert_eq!(unlikely("1000", "101"), None);
        assert!(unlikely("1000", "100").unwrap().contains("10分の1以下"));
        assert!(unlikely("440", "0").unwrap().contains("0になります"));
        assert_eq!(unlikely("0", "440"), None);
        assert_eq!(unlikely("0120-000-000", "0120-000-0001"), None);
    }
}
