//! ISO 20022 messages as ZEDI (全銀EDIシステム) uses them, and between banks as CBPR+ does.
//!
//! What a Zengin record has stands where ZEDI's pain.001 puts it: a bank is a member of the clearing system `JPZGN`, a
//! branch is `BrnchId`, an account is `Othr/Id` with its 預金種目 as a proprietary type, and times have no offset.
//!
//! Abroad a bank is its BIC, an account its IBAN or what its country has instead, and times have their offset. Such a
//! message goes in an envelope behind its header ([`envelope`]); [`pacs008`] is the remittance, and [`pacs002`] and
//! [`pacs004`] say what became of it.

pub mod camt;
mod elements;
pub mod envelope;
pub mod pacs002;
pub mod pacs004;
pub mod pacs008;
pub mod pain001;
pub mod pain002;
mod reading;

use domain::Timestamp;

/// The time in Japan, without its offset.
fn local(at: Timestamp) -> String {
    at.rfc3339().chars().take(19).collect()
}
