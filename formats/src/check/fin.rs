//! SWIFT messages: what a credit, an amendment or the copy of a remittance says.

use std::io::{self, Read};

use super::told::Checked;
use crate::finding::Findings;
use crate::swift::credit::{Amendment, Credit};
use crate::swift::{self, Kind, Message, reader};

type Facts = Vec<(&'static str, String)>;

/// Checks the messages of a file.
pub(super) fn check(file: &mut impl Read) -> io::Result<Checked> {
    let mut bytes = Vec::new();
    file.take(reader::BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    let messages = match swift::read(&bytes) {
        Ok(messages) => messages,
        Err(findings) => return Ok(Checked::new("SWIFTの電文".to_owned(), Vec::new(), findings)),
    };
    let mut kinds: Vec<Kind> = messages.iter().map(Message::kind).collect();
    kinds.dedup();
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("MT{kind}")).collect();
    let format = match messages.first() {
        Some(first) => format!("{} ({})", first.kind().label(), kinds.join("・")),
        None => String::new(),
    };
    Ok(match facts(&messages) {
        Ok(facts) => Checked::new(format, facts, Findings::keeping(0)),
        Err(findings) => Checked::new(format, Vec::new(), findings),
    })
}

fn facts(messages: &[Message]) -> Result<Facts, Findings> {
    let mut facts = vec![("電文", format!("{}通", messages.len()))];
    let Some(first) = messages.first() else { return Ok(facts) };
    facts.push(("発信", first.sender().to_string()));
    facts.push(("受信", first.receiver().to_string()));
    match first.kind() {
        Kind::CustomerTransfer => {
            let value = |tag: &str| first.value(tag).unwrap_or_default().to_owned();
            facts.push(("照会番号", value("20")));
            facts.push(("決済日・通貨・金額", value("32A")));
        }
        Kind::Issue | Kind::IssueContinued => {
            let credit = Credit::read(messages)?;
            facts.push(("信用状番号", credit.number));
            facts.push(("金額", credit.amount.to_string()));
            facts.push(("発行日", credit.issued.to_string()));
            facts.push(("有効期限", format!("{} {}", credit.expiry, credit.expiry_place)));
        }
        Kind::Amendment | Kind::AmendmentContinued => {
            let amendment = Amendment::read(messages)?;
            facts.push(("信用状番号", amendment.number));
            facts.push(("条件変更", format!("{}回目、{}", amendment.sequence, amendment.amended)));
        }
    }
    Ok(facts)
}
