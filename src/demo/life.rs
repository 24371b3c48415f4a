//! Three months of movements for the sample accounts. Everybody named here is invented, and the same data comes out
//! every time, but for the days, which end yesterday.

use anyhow::Context as _;
use chrono::{Days, NaiveTime};
use domain::time::months_before;
use domain::{AccountId, Clock, Date, Timestamp, TransferId, calendar};
use internet_banking::Bank;
use ledger::{Commit, IncomingTransfer, Kind, NewAccount, Transfer};
use uuid::Uuid;

/// The bank's vault, from which the sample balances come.
const CASH: AccountId = AccountId::new(900_000_001);
/// Where the ids of these transfers begin: fixed, so that a second seeding finds them there.
const TRANSFERS: u128 = 0x6d70_6e00_0000_0000_0000_0000_0000_0000;
/// Movements of an account after the first.
const MOVEMENTS: u64 = 36;
/// What an account must open with to have any.
const OPENING_MIN: i64 = 3_000_000;

/// Who sends money: name, bank and branch in Zengin characters.
const REMITTERS: [(&str, &str, &str); 8] = [
    ("ｶ)ｱｵﾊﾞｼﾖｳｶｲ", "ﾚｲｼﾞ", "ｴｷﾏｴ"),
    ("ﾕ)ﾋﾛｾｾｲｻｸｼﾖ", "ﾚｲｼﾞ", "ﾎﾝﾃﾝ"),
    ("ﾏﾂｼﾏｼﾖｳﾃﾝ", "ｻﾝﾌﾟﾙ", "ｷﾀ"),
    ("ｻﾄｳ ﾊﾅｺ", "ﾐﾎﾝ", "ｲｽﾞﾐ"),
    ("ｶ)ﾅﾄﾘｳﾝｿｳ", "ｻﾝﾌﾟﾙ", "ﾐﾅﾐ"),
    ("ﾄﾞ)ｶﾜﾏﾁｷｶｸ", "ﾚｲｼﾞ", "ｶﾜﾏﾁ"),
    ("ｽｽﾞｷ ｲﾁﾛｳ", "ﾐﾎﾝ", "ﾎﾝﾃﾝ"),
    ("ｶ)ｼﾛｲｼﾌﾞﾂｻﾝ", "ｻﾝﾌﾟﾙ", "ﾋｶﾞｼ"),
];

/// What is debited.
const DEBITS: [&str; 6] = ["電気料金", "電話料金", "事務所家賃", "リース料", "水道料金", "保険料"];

/// A movement to come: positive in, negative out.
struct Movement {
    account: AccountId,
    amount: i64,
    remitter: Option<(&'static str, &'static str, &'static str)>,
    memo: String,
}

/// Opens the accounts in the ledger and lets three months pass on them. Each ends with what it is to open with; the
/// clock is left at the last movement.
pub async fn pass(bank: &Bank, accounts: &[(AccountId, &str, i64)], today: Date) -> anyhow::Result<()> {
    bank.ledger.open_account(&NewAccount::internal(CASH, "現金")).await?;
    for (id, name, _) in accounts {
        bank.ledger.open_account(&NewAccount::deposit(*id, *name)).await?;
    }
    let first = months_before(today, 3);
    let yesterday = today.pred_opt().context("the calendar has no yesterday")?;
    let mut number = TRANSFERS;
    let mut openings = Vec::new();
    for (account, _, opening) in accounts.iter().filter(|(.., opening)| *opening > 0) {
        let later: i64 = later(*account, *opening).iter().map(|movement| movement.amount).sum();
        let amount = opening - later;
        openings.push(Movement { account: *account, amount, remitter: None, memo: "新規".to_owned() });
    }
    commit(bank, first, &mut number, openings).await?;
    let mut plans: Vec<_> =
        accounts.iter().map(|(id, _, opening)| later(*id, *opening).into_iter()).collect();
    for place in 0..MOVEMENTS {
        // two in five days
        let day = first + Days::new(1 + place * 5 / 2);
        let day = calendar::business_day_from(day);
        let due = plans.iter_mut().filter_map(Iterator::next).collect();
        commit(bank, day.min(yesterday), &mut number, due).await?;
    }
    Ok(())
}

/// What comes after the opening.
fn later(account: AccountId, opening: i64) -> Vec<Movement> {
    let is_alive = opening >= OPENING_MIN;
    let mut state = account.get().unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let movement = |place: u64| {
        // Knuth's MMIX generator: chance that is the same every time
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = usize::try_from(state >> 40).unwrap_or_default();
        let share = i64::try_from(state >> 33 & 0x3ff).unwrap_or_default();
        let amount = opening / 200_000 * (share + 50) + share % 100;
        if place % 3 == 2 {
            let memo = DEBITS.get(drawn % DEBITS.len()).copied().unwrap_or_default().to_owned();
            return Movement { account, amount: -amount, remitter: None, memo };
        }
        let remitter = REMITTERS.get(drawn % REMITTERS.len()).copied();
        let memo = format!("振込 {}", remitter.map_or("", |(name, ..)| name));
        Movement { account, amount, remitter, memo }
    };
    (0..if is_alive { MOVEMENTS } else { 0 }).map(movement).collect()
}

/// All movements of a day, at half past nine.
async fn commit(bank: &Bank, day: Date, number: &mut u128, due: Vec<Movement>) -> anyhow::Result<()> {
    let half_past_nine = NaiveTime::from_hms_opt(9, 30, 0).context("half past nine is a time")?;
    bank.clock.set_offset_us(Clock::offset_us_for(Timestamp::from_jst(day, half_past_nine)));
    let mut commit = Commit::default();
    for Movement { account, amount, remitter, memo } in due {
        *number += 1;
        let id = TransferId::from_uuid(Uuid::from_u128(*number));
        let (debit, credit) = if amount < 0 { (account, CASH) } else { (CASH, account) };
        let amount = amount.checked_abs().context("an invented amount is too large")?;
        commit.transfers.push(Transfer { id, debit, credit, amount, kind: Kind::Posted, memo });
        if let Some((name, bank_name, branch_name)) = remitter {
            let named = |name: &str| (String::new(), name.to_owned());
            let sent = IncomingTransfer {
                name: name.to_owned(),
                bank: named(bank_name),
                branch: named(branch_name),
                ..IncomingTransfer::default()
            };
            commit.rows_if_free.push(sent.row(id));
        }
    }
    bank.ledger.commit(commit).await.context("the sample accounts could not be moved on")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use formats::kana::{Class, ZenginText};

    use super::*;

    #[test]
    fn no_account_is_ever_below_zero_and_every_name_can_be_written() {
        for (id, opening) in [(1, 48_210_953), (2, 3_000_000), (3, 12_000_000), (4, 30_000_000)] {
            let later = later(AccountId::new(id), opening);
            assert_eq!(later.len(), usize::try_from(MOVEMENTS).unwrap());
            let mut balance = opening - later.iter().map(|movement| movement.amount).sum::<i64>();
            for movement in later {
                assert!(balance > 0 && movement.amount != 0, "{id}: {balance}");
                balance += movement.amount;
            }
            assert_eq!(balance, opening);
        }
        assert!(later(AccountId::new(1), 50_000).is_empty());
        for (name, bank, branch) in REMITTERS {
            assert_eq!(ZenginText::typed(name, Class::Party).unwrap().as_str(), name);
            for place in [bank, branch] {
                assert_eq!(ZenginText::typed(place, Class::Branch).unwrap().as_str(), place);
            }
        }
    }
}
