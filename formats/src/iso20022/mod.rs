//! ISO 20022 messages as ZEDI (全銀EDIシステム) uses them.
//!
//! What a Zengin record has stands where ZEDI's pain.001 puts it: a bank is a member of the clearing system `JPZGN`, a
//! branch is `BrnchId`, an account is `Othr/Id` with its 預金種目 as a proprietary type, and times have no offset.

pub mod camt;
mod elements;
pub mod pain001;
pub mod pain002;

use domain::Timestamp;

/// The time in Japan, without its offset.
fn local(at: Timestamp) -> String {
    at.rfc3339().chars().take(19).collect()
}
