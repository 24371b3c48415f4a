//! The fault rules on a collector's page: the list, the form, and the buttons that remove.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::{CustomerNumber, ResponseCode};
use edge::{CsrfForm, Errors, Failure, PreSession};
use http::StatusCode;
use serde::Deserialize;

use super::pages::build;
use super::views::{BillForm, Choice};
use crate::faults::chaos::{self, Chaos};
use crate::faults::rules::{self, Rule};
use crate::faults::{AppliesTo, DELAY_MS_MAX, DRIP_MS_MAX, Delay, Fault, FaultError, Mode};
use crate::mocks::Mocks;

/// Digits of a seed that is typed.
const SEED_DIGITS_MAX: usize = 18;

/// The kinds of delay, with their names.
const DELAYS: [(&str, &str); 4] =
    [("", "なし"), ("fixed", "一定"), ("uniform", "一様(最小〜最大)"), ("exponential", "指数(平均、最大)")];

/// The form's fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FaultForm {
    pub mode: Mode,
    pub on: AppliesTo,
    pub only_number: String,
    pub code: String,
    pub delay_kind: String,
    pub delay_ms: String,
    pub delay_max_ms: String,
    pub drip_ms: String,
    pub skip: String,
    pub times: String,
    pub per_mille: String,
    pub seed: String,
}

impl FaultForm {
    pub fn modes(&self) -> Vec<Choice> {
        let choice = |one: &Mode| Choice::new(one.as_str(), one.label(), *one == self.mode);
        Mode::ALL.iter().map(choice).collect()
    }

    pub fn targets(&self) -> Vec<Choice> {
        let choice = |one: &AppliesTo| Choice::new(one.as_str(), one.label(), *one == self.on);
        AppliesTo::ALL.iter().map(choice).collect()
    }

    pub fn delays(&self) -> Vec<Choice> {
        let choice = |(word, label)| Choice::new(word, label, word == self.delay_kind);
        DELAYS.into_iter().map(choice).collect()
    }

    /// The rule that was typed.
    fn read(&self) -> Result<Fault, Errors> {
        let mut errors = Errors::none();
        let mut number = |field: &'static str, text: &str, least: u64, most: u64, message: &'static str| {
            let typed = Some(text.trim()).filter(|text| !text.is_empty())?;
            let typed = typed.replace([',', ','], "");
            let digits = domain::numbers::digits_typed(&typed, 1, SEED_DIGITS_MAX).ok();
            let found: Option<u64> = digits.and_then(|digits| digits.parse().ok());
            let fits = found.filter(|found| (least..=most).contains(found));
            if fits.is_none() {
                errors.add(field, message);
            }
            fits
        };
        let delay_max = u64::from(DELAY_MS_MAX);
        let count_max = 999_999_999;
        let delay_ms =
            number("delay_ms", &self.delay_ms, 0, delay_max, "遅延は 0 から 600,000 ミリ秒までの数字です。");
        let delay_max_ms = number(
            "delay_max_ms",
            &self.delay_max_ms,
            0,
            delay_max,
            "最大の遅延は 600,000 ミリ秒までの数字です。",
        );
        let drip_ms = number(
            "drip_ms",
            &self.drip_ms,
            1,
            u64::from(DRIP_MS_MAX),
            "1 バイトの間隔は 1 から 1,000 ミリ秒までの数字です。",
        );
        let skip = number("skip", &self.skip, 0, count_max, "正常のままにする件数は 0 以上の数字です。");
        let times = number(
            "times",
            &self.times,
            1,
            count_max,
            "回数は 1 以上の数字です。空欄なら止めるまで続きます。",
        );
        let per_mille =
            number("per_mille", &self.per_mille, 1, 1_000, "割合は 1 から 1,000 までの数字(千分率)です。");
        let seed = number("seed", &self.seed, 0, u64::MAX, "乱数の種は 18 けたまでの数字です。");
        let customer_number = match Some(self.only_number.trim()).filter(|text| !text.is_empty()) {
            None => None,
            Some(typed) => {
                let read = CustomerNumber::parse_typed(typed).ok();
                if read.is_none() {
                    errors.add("only_number", "番号は 20 けたまでの数字です。");
                }
                read
            }
        };
        let code = Some(self.code.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        let is_refusal =
            |code: &String| code.parse().is_ok_and(|code: ResponseCode| code != ResponseCode::Normal);
        if !code.as_ref().is_none_or(is_refusal) {
            errors.add("code", "応答コードは、一覧にある 0000 以外のものを入れてください。");
        }
        let delay = self.delay(small(delay_ms), small(delay_max_ms));
        if !delay.is_none_or(Delay::is_bounded) {
            errors.add("delay_max_ms", "最大の遅延は、最小より長くしてください。");
        }
        let fixed_ms = match delay {
            Some(Delay::Fixed { ms }) => ms,
            _ => 0,
        };
        let fault = Fault {
            delay_ms: fixed_ms,
            delay: delay.filter(|delay| !matches!(delay, Delay::Fixed { .. })),
            mode: self.mode,
            on: Some(self.on),
            customer_number,
            code,
            skip: small(skip).unwrap_or(0),
            times: small(times),
            per_mille: small(per_mille),
            seed: seed.unwrap_or(0),
            drip_ms: small(drip_ms),
        };
        if errors.is_empty() && fault.is_none() {
            errors.add("mode", "障害か遅延を選んでください。");
        }
        if errors.is_empty() { Ok(fault) } else { Err(errors) }
    }

    fn delay(&self, ms: Option<u32>, max_ms: Option<u32>) -> Option<Delay> {
        let ms = ms.filter(|ms| *ms > 0 || self.delay_kind == "uniform");
        match self.delay_kind.as_str() {
            "uniform" => {
                let from_ms = ms.unwrap_or(0);
                Some(Delay::Uniform { from_ms, to_ms: max_ms.unwrap_or(from_ms) })
            }
            "exponential" => {
                ms.map(|mean_ms| Delay::Exponential { mean_ms, max_ms: max_ms.unwrap_or(DELAY_MS_MAX) })
            }
            _ => ms.map(|ms| Delay::Fixed { ms }),
        }
    }
}

/// A number that was checked against a smaller bound.
fn small(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

/// A rule in words.
pub fn fault_text(fault: &Fault) -> String {
    let mut parts = Vec::new();
    if fault.mode != Mode::None {
        parts.push(fault.mode.label().to_owned());
    }
    parts.extend(fault.waits().map(Delay::text));
    if let (Mode::Drip, Some(each)) = (fault.mode, fault.drip_ms) {
        parts.push(format!("1 バイト {each} ミリ秒"));
    }
    parts.extend(fault.code.as_ref().map(|code| format!("応答コード {code}")));
    if fault.applies_to() != AppliesTo::Any {
        parts.push(format!("{}だけ", fault.applies_to().label()));
    }
    parts.extend(fault.customer_number.as_ref().map(|number| format!("番号 {} だけ", number.grouped())));
    if fault.skip > 0 {
        parts.push(format!("はじめの {} 件は正常", fault.skip));
    }
    if let Some(per_mille) = fault.per_mille {
        parts.push(format!("1,000 件に {per_mille} 件(種 {})", fault.seed));
    }
    parts.extend(fault.times.map(|times| format!("あと {times} 回")));
    parts.join("、")
}

/// A rule in the list.
pub struct RuleRow {
    pub id: i64,
    pub text: String,
    pub seen: u32,
    pub hits: u32,
}

impl From<Rule> for RuleRow {
    fn from(rule: Rule) -> Self {
        Self { id: rule.id, text: fault_text(&rule.fault), seen: rule.seen, hits: rule.hits }
    }
}

/// Chaos in words; empty while it is off.
pub fn chaos_text(chaos: Option<&Chaos>) -> String {
    let Some(chaos) = chaos else { return String::new() };
    let mut parts = vec![format!("種 {}", chaos.seed)];
    parts.extend(chaos.on.map(|on| format!("{}だけ", on.label())));
    parts.extend(chaos.delay.map(Delay::text));
    let shares = chaos.per_mille.iter().filter(|(_, part)| **part > 0);
    parts.extend(shares.map(|(mode, part)| format!("{} 1,000 件に {part} 件", mode.label())));
    parts.join("、")
}

pub async fn add(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    csrf: PreSession,
    CsrfForm(form): CsrfForm<FaultForm>,
) -> Result<Response, Failure> {
    let collector = mocks.collector(&number).ok_or(Failure::NotFound)?;
    let errors = match form.read() {
        Ok(fault) => match rules::add(mocks.store(), &collector.institution.number, &fault).await? {
            Ok(_) => return Ok(Redirect::to(&format!("/{number}?fault=1#fault")).into_response()),
            Err(FaultError::TooMany) => {
                Errors::one("mode", "障害の設定が多すぎます。どれかを消してください。")
            }
            Err(_) => Errors::one("mode", "この設定はできません。"),
        },
        Err(errors) => errors,
    };
    let page = build(&mocks, collector, &csrf, BillForm::default(), form, errors, None).await?;
    let html = askama::Template::render(&page)?;
    Ok(csrf.attach((StatusCode::UNPROCESSABLE_ENTITY, Html(html))))
}

#[derive(Deserialize)]
pub struct Nothing {}

pub async fn remove(
    State(mocks): State<Mocks>,
    Path((number, id)): Path<(String, i64)>,
    CsrfForm(Nothing {}): CsrfForm<Nothing>,
) -> Result<Response, Failure> {
    let collector = mocks.collector(&number).ok_or(Failure::NotFound)?;
    // one that was used up in the meantime is as gone
    rules::remove(mocks.store(), &collector.institution.number, id).await?;
    Ok(Redirect::to(&format!("/{number}?fault=1#fault")).into_response())
}

pub async fn end_chaos(
    State(mocks): State<Mocks>,
    CsrfForm(Nothing {}): CsrfForm<Nothing>,
) -> Result<Response, Failure> {
    chaos::set(mocks.store(), &Chaos::default()).await?;
    Ok(Redirect::to("/").into_response())
}
