//! What resolving a break asks of two people.

use domain::BreakId;
use gateway::reconciliation::{Break, BreakClass};
use gateway::{BreakError, FourEyes, Gateway, StoreError};
use serde::{Deserialize, Serialize};

use super::words::{class_label, subject_words};
use crate::console::help::ConsoleCode;
use crate::console::links::BreakLink;
use crate::console::problem::Problem;
use crate::console::requests::carry_out::{Carried, not_now};
use crate::console::requests::pages::Matter;
use crate::console::words::collector_name;

/// A break is resolved. The reason of the request is the note that stays with the break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakProposal {
    /// The break.
    #[serde(rename = "break")]
    pub found: BreakId,
}

impl BreakProposal {
    /// What approving it does.
    pub const CONSEQUENCE: &str = "承認すると、この不一致を解消済みにし、理由を記録に残します。この承認でお金は動きません。取り消せません。\
         未解消の不一致がなくなると、その日の払込は当行の記録のとおりに資金決済に入り、支払日に収納機関へ支払われます。";

    /// Of one break one request is open.
    pub fn subject(&self) -> String {
        self.found.to_string()
    }

    /// What the page of a request shows of it.
    pub(in crate::console) async fn matter(&self, gateway: &Gateway) -> Result<Option<Matter>, StoreError> {
        let Some(found) = gateway.break_of(self.found).await? else { return Ok(None) };
        let rows = vec![
            ("収納機関", format!("{}({})", collector_name(gateway, &found.collector), found.collector)),
            ("処理日", domain::time::year_month_day(found.date)),
            ("種類", class_label(found.class).to_owned()),
            ("対象", subject_words(&found)),
            ("収納機関と当行の差", format!("{}円", found.difference)),
        ];
        let link = BreakLink(found.id).to_string();
        Ok(Some(Matter { heading: "対象の不一致", link, link_words: "不一致を見る", rows }))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let found = gateway.break_of(self.found).await.map_err(|error| Problem::unavailable(&error))?;
        resolvable(&found.ok_or(ConsoleCode::NotThere)?).map_err(Problem::from)
    }

    /// Tells the hub.
    pub(in crate::console) async fn carry_out(&self, gateway: &Gateway, eyes: &FourEyes) -> Carried {
        let error = match gateway.resolve_break(self.found, eyes).await {
            Ok(()) => return Carried::Done("不一致を解消済みにしました。".to_owned()),
            Err(error) => error,
        };
        let code = match error {
            BreakError::Store(error) => {
                tracing::error!(found = %self.found, %error, "an approved break was not resolved");
                return Carried::Unclear;
            }
            BreakError::EndedBefore => match gateway.break_of(self.found).await {
                // the process may have died between the hub's commit and the record of its result
                Ok(Some(found)) if was_resolved_by(&found, eyes) => {
                    return Carried::Done("不一致を解消済みにしました。".to_owned());
                }
                Ok(_) => ConsoleCode::BreakEnded,
                Err(_) => return Carried::Unclear,
            },
            BreakError::OutcomeUnknown => ConsoleCode::BreakWaits,
            BreakError::NoSuchBreak => ConsoleCode::NotThere,
            BreakError::FourEyes(reason) => return Carried::Refused(not_now(reason).words().to_owned()),
            BreakError::MovedOn => ConsoleCode::DayMoved,
        };
        Carried::Refused(format!("{}{}", code.entry().happened, code.entry().remedy))
    }
}

/// Whether people may resolve the break, as far as the break itself says.
pub fn resolvable(found: &Break) -> Result<(), ConsoleCode> {
    if found.resolution.is_some() {
        Err(ConsoleCode::BreakEnded)
    } else if found.class == BreakClass::CarriedForward {
        Err(ConsoleCode::BreakWaits)
    } else {
        Ok(())
    }
}

fn was_resolved_by(found: &Break, eyes: &FourEyes) -> bool {
    found.resolution.as_ref().is_some_and(|resolution| {
        resolution.by == eyes.maker
            && resolution.checked_by.as_ref() == Some(&eyes.checker)
            && resolution.note == eyes.reason.trim()
    })
}
