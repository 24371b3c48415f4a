//! Cut-offs and fees of transfers, which the bank hands to their engine.

use std::borrow::Cow;
use std::time::Duration;

use database::Database;
use domain::time::TimeOfDay;
use domain::{Date, Yen};
use edge::Shutdown;
use transfers::{Relation, SetTerm, SharedTerms, Terms};

use super::{Setting, read_yen, shown_yen};

/// Between two looks of the transfers' engine at what was set.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// 振込手数料 of a relation as a setting.
macro_rules! fee_setting {
    ($name:literal, $label:literal, $relation:expr) => {
        Setting {
            name: Cow::Borrowed($name),
            label: Cow::Borrowed($label),
            hint: "3万円未満と3万円以上の2つの金額(円)を、空白で区切って入力します。例: 110 330。受付済みの振込は変わりません。",
            embedded: || embedded_bands($relation),
            read: read_bands,
            shown: shown_bands,
            one_day: false,
        }
    };
}

/// The cut-off of transfers of the day within the bank (R85).
pub static OWN_BANK_UNTIL: Setting = Setting {
    name: Cow::Borrowed("transfer-own-bank-until"),
    label: Cow::Borrowed("当日の振込・振替の受付終了(当行あて)"),
    hint: "時刻です。例: 16:00。予約した振込の最後の実行(15:30)より後で、21:00までです。",
    embedded: || cut_off(true),
    read: |typed| read_cut_off(typed, true),
    shown: |kept| kept.to_owned(),
    one_day: false,
};

/// The same to other banks, which must still reach the network (R85).
pub static OTHER_BANKS_UNTIL: Setting = Setting {
    name: Cow::Borrowed("transfer-other-banks-until"),
    label: Cow::Borrowed("当日の振込の受付終了(他行あて)"),
    hint: "時刻です。例: 15:00。予約した振込の最後の実行(14:30)より後で、15:30までです。",
    embedded: || cut_off(false),
    read: |typed| read_cut_off(typed, false),
    shown: |kept| kept.to_owned(),
    one_day: false,
};

/// 振込手数料 within a branch.
pub static SAME_BRANCH_FEE: Setting =
    fee_setting!("transfer-fee-same-branch", "振込手数料(当行同一店あて、税込み)", Relation::SameBranch);
/// 振込手数料 within the bank.
pub static OWN_BANK_FEE: Setting =
    fee_setting!("transfer-fee-own-bank", "振込手数料(当行本支店あて、税込み)", Relation::OwnBank);
/// 振込手数料 to other banks.
pub static OTHER_BANKS_FEE: Setting =
    fee_setting!("transfer-fee-other-banks", "振込手数料(他行あて、税込み)", Relation::OtherBank);

fn cut_off(to_own_bank: bool) -> String {
    let terms = Terms::embedded();
    terms.hours(Date::MAX).until(to_own_bank).format("%H:%M").to_string()
}

fn read_cut_off(typed: &str, to_own_bank: bool) -> Result<String, &'static str> {
    let (wrong, latest) = match to_own_bank {
        true => ("15:30より後で21:00までの時刻を、16:00 のように入力してください。", (21, 0)),
        false => ("14:30より後で15:30までの時刻を、15:00 のように入力してください。", (15, 30)),
    };
    let time = TimeOfDay::parse_from_str(typed.trim(), "%H:%M").map_err(|_| wrong)?;
    let last_try = Terms::embedded().hours(Date::MAX).tries(to_own_bank).into_iter().next_back();
    let latest = TimeOfDay::from_hms_opt(latest.0, latest.1, 0);
    let fits = last_try.is_some_and(|last| time > last) && latest.is_some_and(|latest| time <= latest);
    if fits { Ok(time.format("%H:%M").to_string()) } else { Err(wrong) }
}

/// Two amounts: below the boundary, and from it on.
fn read_bands(typed: &str) -> Result<String, &'static str> {
    let parts: Vec<&str> = typed.split_whitespace().collect();
    let [low, high] = parts.as_slice() else {
        return Err("3万円未満と3万円以上の2つの金額を、110 330 のように空白で区切って入力してください。");
    };
    Ok(format!("{} {}", read_yen(low)?.get(), read_yen(high)?.get()))
}

fn bands(kept: &str) -> Option<[Yen; 2]> {
    let (low, high) = kept.split_once(' ')?;
    Some([Yen::new(low.parse().ok()?), Yen::new(high.parse().ok()?)])
}

fn shown_bands(kept: &str) -> String {
    bands(kept)
        .map_or_else(|| kept.to_owned(), |[low, high]| format!("3万円未満 {low} 円、3万円以上 {high} 円"))
}

fn embedded_bands(relation: Relation) -> String {
    let [low, high] = Terms::embedded().fee_bands(relation, Date::MAX);
    format!("{} {}", low.get(), high.get())
}

/// 組戻手数料, charged also where the recall fails.
pub static RECALL_FEE: Setting = Setting {
    name: Cow::Borrowed("recall-fee"),
    label: Cow::Borrowed("組戻手数料(税込み)"),
    hint: "円の金額です。開始日からの組戻しの依頼に効きます。すでに発生した手数料は変わりません。",
    embedded: || Terms::embedded().recall_fee(Date::MAX).get().to_string(),
    read: |typed| read_yen(typed).map(|yen| yen.get().to_string()),
    shown: shown_yen,
    one_day: false,
};

/// What is set of the transfers' terms.
pub async fn transfer_terms(database: &Database) -> Result<Terms, sqlx::Error> {
    let mut set = Vec::new();
    for (setting, of_own) in [(&OWN_BANK_UNTIL, true), (&OTHER_BANKS_UNTIL, false)] {
        for dated in setting.history(database).await?.into_iter().rev() {
            let Ok(time) = TimeOfDay::parse_from_str(&dated.value, "%H:%M") else { continue };
            let term = if of_own { SetTerm::OwnBankUntil(time) } else { SetTerm::OtherBanksUntil(time) };
            set.push((dated.from, term));
        }
    }
    for (setting, relation) in [
        (&SAME_BRANCH_FEE, Relation::SameBranch),
        (&OWN_BANK_FEE, Relation::OwnBank),
        (&OTHER_BANKS_FEE, Relation::OtherBank),
    ] {
        for dated in setting.history(database).await?.into_iter().rev() {
            set.extend(bands(&dated.value).map(|bands| (dated.from, SetTerm::Fee(relation, bands))));
        }
    }
    for dated in RECALL_FEE.history(database).await?.into_iter().rev() {
        set.extend(dated.value.parse().map(|yen| (dated.from, SetTerm::RecallFee(Yen::new(yen)))));
    }
    Ok(Terms::embedded().with(&set))
}

/// Hands the transfers' engine its terms once a second, until the process stops.
pub async fn keep_transfer_terms(database: Database, terms: SharedTerms, mut shutdown: Shutdown) {
    while !shutdown.is_requested() {
        match transfer_terms(&database).await {
            Ok(now) if *terms.get() != now => terms.replace(now),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the terms of transfers cannot be looked at"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = shutdown.requested() => {}
        }
    }
}
