//! A bill as its collector answers it.

use std::fmt;

use crate::money::Yen;
use crate::time::Date;

/// The collector's own id of a bill: 1 to 20 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BillId(String);

/// A text is no bill id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bill id is 1 to 20 visible ASCII characters")]
pub struct BillIdError;

impl BillId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for BillId {
    type Err = BillIdError;
    fn from_str(text: &str) -> Result<Self, BillIdError> {
        let fits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(BillIdError) }
    }
}

impl TryFrom<String> for BillId {
    type Error = BillIdError;
    fn try_from(text: String) -> Result<Self, BillIdError> {
        text.parse()
    }
}

impl From<BillId> for String {
    fn from(id: BillId) -> String {
        id.0
    }
}

impl fmt::Display for BillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// 納付情報 (public) or 請求情報 (private): what an inquiry finds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bill {
    /// The collector's id.
    pub id: BillId,
    /// 納付者氏名, at most 40 characters.
    pub payer: String,
    /// 納付内容, at most 60 characters.
    pub contents: String,
    /// What is owed, the late charge included, the fee not.
    pub amount: Yen,
    /// 払込手数料 that the payer bears, debited together with the amount.
    pub fee: Yen,
    /// 延滞金 contained in the amount.
    pub late_charge: Yen,
    /// 納期限.
    pub due: Option<Date>,
    /// 消込期限: the last day on which a clearing may be sent.
    pub clear_by: Option<Date>,
}

impl Bill {
    /// What leaves the payer's account: amount and fee. `None` when the sum does not fit.
    pub fn total(&self) -> Option<Yen> {
        self.amount.checked_add(self.fee)
    }
}
