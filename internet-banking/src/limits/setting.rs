//! The table of limits. A change is a row that is written once, and takes the contract's next number as a bar: what was
//! judged by the limits before names it, so that nothing is committed by a limit that was lowered meanwhile. Changes of
//! the contract's own limit and of those of Pay-easy have rows here for that number's sake.

use std::collections::BTreeMap;

use database::{Database, Row, Table, Value, read};
use domain::{AccountId, ContractId, Timestamp, UserId, Yen};
use ledger::{EntityId, GuardKey};
use serde::{Deserialize, Serialize};

static SETTING: Table = Table {
    name: "limit_setting",
    columns: &["contract", "number", "layer", "subject", "amount", "actor", "at_us", "from_us"],
};

/// What a limit that a contract sets for itself is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// One order.
    Item,
    /// What is debited from an account in a day.
    Account(AccountId),
    /// What a user transfers in a day.
    User(UserId),
}

impl LimitOf {
    /// The words of its row: layer and subject.
    fn words(self) -> (&'static str, String) {
        match self {
            Self::Item => ("item", String::new()),
            Self::Account(account) => ("account", account.to_string()),
            Self::User(user) => ("user", user.to_string()),
        }
    }

    /// What the audit log says it is of; nothing where it is the contract's.
    pub fn subject(self) -> String {
        self.words().1
    }

    fn of_row(layer: &str, subject: &str) -> Option<Self> {
        match layer {
            "item" => Some(Self::Item),
            "account" => Some(Self::Account(AccountId::new(subject.parse().ok()?))),
            "user" => Some(Self::User(subject.parse().ok()?)),
            _ => None,
        }
    }
}

/// What of a contract's limits changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// One that the contract sets for itself.
    Own(LimitOf),
    /// The contract's, which the bank sets on paper.
    Contract,
    /// One of Pay-easy, which has a table of its own.
    Payeasy,
}

/// The limits of one contract.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    database: &'a Database,
    contract: ContractId,
}

/// The limits as they are at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    contract: ContractId,
    /// Changes so far.
    number: i64,
    kept: BTreeMap<LimitOf, Kept>,
}

/// A limit that holds, and the one that comes; none is the contract's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kept {
    now: Option<Yen>,
    next: Option<(Timestamp, Option<Yen>)>,
}

type SettingRow = (i64, String, String, Option<i64>, i64);

impl<'a> Settings<'a> {
    /// Of one contract.
    pub const fn of(database: &'a Database, contract: ContractId) -> Self {
        Self { database, contract }
    }

    /// Those that hold at an instant.
    pub async fn held(&self, now: Timestamp) -> Result<Held, sqlx::Error> {
        let rows: Vec<SettingRow> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT number, layer, subject, amount, from_us FROM limit_setting WHERE contract = $1
                 ORDER BY number",
            )
            .bind(self.contract.uuid())
            .fetch_all(c)
            .await
        })?;
        Ok(Held::read(self.contract, rows, now))
    }
}

impl Held {
    /// Of those whose time has come the newest holds; one that comes is called off by whatever is set after it.
    fn read(contract: ContractId, rows: Vec<SettingRow>, now: Timestamp) -> Self {
        let mut held = Self { contract, number: 0, kept: BTreeMap::new() };
        for (number, layer, subject, amount, from_us) in rows {
            held.number = number;
            let Some(of) = LimitOf::of_row(&layer, &subject) else { continue };
            let (from, amount) = (Timestamp::from_micros(from_us), amount.map(Yen::new));
            let kept = held.kept.entry(of).or_default();
            *kept = match from <= now {
                true => Kept { now: amount, next: None },
                false => Kept { next: Some((from, amount)), ..*kept },
            };
        }
        held
    }

    /// The limit that the contract has set; none where only the contract's holds.
    pub fn of(&self, of: LimitOf) -> Option<Yen> {
        self.kept.get(&of).and_then(|kept| kept.now)
    }

    /// From when on another one holds, and which.
    pub fn next(&self, of: LimitOf) -> Option<(Timestamp, Option<Yen>)> {
        self.kept.get(&of).and_then(|kept| kept.next)
    }

    /// What whatever was judged by these limits names as a bar: the next change takes it.
    pub fn bar(&self) -> GuardKey {
        GuardKey(format!("{}{}|{}", GuardKey::LIMITS, self.contract, self.number.saturating_add(1)))
    }

    /// The row of a change, for its commit, and what it takes. It holds `from` an instant on.
    pub fn change(
        &self,
        what: Changed,
        amount: Option<Yen>,
        (now, from): (Timestamp, Timestamp),
        actor: &str,
    ) -> (Row, (GuardKey, EntityId)) {
        let (layer, subject) = match what {
            Changed::Own(of) => of.words(),
            Changed::Contract => ("contract", String::new()),
            Changed::Payeasy => ("payeasy", String::new()),
        };
        let row = Row {
            table: &SETTING,
            values: vec![
                self.contract.uuid().into(),
                self.number.saturating_add(1).into(),
                layer.into(),
                subject.into(),
                Value::Int(amount.map(Yen::get)),
                actor.into(),
                now.micros().into(),
                from.micros().into(),
            ],
        };
        (row, (self.bar(), EntityId(self.contract.uuid())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whose_time_has_come_holds_and_calls_off_what_was_to_come() {
        let (contract, account) = (ContractId::generate(), LimitOf::Account(AccountId::new(7)));
        let row = |number, amount, from| (number, "account".to_owned(), "7".to_owned(), amount, from);
        let held = |rows: &[SettingRow]| Held::read(contract, rows.to_vec(), Timestamp::from_micros(10));
        let (first, raised) = (row(1, Some(5), 10), row(2, Some(9), 11));
        let both = held(&[first.clone(), raised.clone()]);
        assert_eq!(both.of(account), Some(Yen::new(5)));
        assert_eq!(both.next(account), Some((Timestamp::from_micros(11), Some(Yen::new(9)))));
        let lowered = held(&[first.clone(), raised, row(3, Some(4), 10)]);
        assert_eq!((lowered.of(account), lowered.next(account)), (Some(Yen::new(4)), None));
        let dropped = held(&[first, row(2, None, 9)]);
        assert_eq!((dropped.of(account), dropped.of(LimitOf::Item)), (None, None));
        // changes of other limits count too
        let other = held(&[(8, "payeasy".to_owned(), String::new(), None, 1)]);
        assert_eq!(other.bar().0, format!("limits|{contract}|9"));
        assert_eq!(held(&[]).bar().0, format!("limits|{contract}|1"));
        for of in [LimitOf::Item, account, LimitOf::User(UserId::generate())] {
            let (layer, subject) = of.words();
            assert_eq!(LimitOf::of_row(layer, &subject), Some(of));
        }
    }
}
