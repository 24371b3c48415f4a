//! The rules of a remittance: characters, lengths, and what must go together.

use domain::remittance::ChargeBearer;
use domain::words;

use super::{Account, Agent, CreditTransfer, Party};
use crate::finding::{Fault, Finding, Findings, Place};
use crate::swift::Charset;

words! {
    /// A rule between the parts of a remittance that is broken.
    Breach {
        /// More than two lines.
        TooManyAddressLines = "too-many-address-lines", "住所の行が2行を超えています";
        /// A line that has the town or the country.
        AddressLineRepeats = "address-line-repeats", "住所の行に、別の欄にある都市名か国名が重ねて書かれています";
        /// Two currencies without a rate.
        RateMissing = "rate-missing", "依頼の通貨と決済の通貨が違うのに、換算レートがありません";
        /// A rate of one currency.
        RateNotNeeded = "rate-not-needed", "依頼の通貨と決済の通貨が同じなのに、換算レートがあります";
        /// No amount.
        ZeroAmount = "zero-amount", "金額が0です";
        /// The payee bears charges that are not told.
        ChargesMissing = "charges-missing", "受取人負担なのに、差し引いた手数料がありません";
        /// Charges were deducted that the payer bears.
        ChargesDeducted = "charges-deducted", "依頼人負担なのに、差し引いた手数料があります";
        /// What was instructed, less the charges, is not what is settled.
        ChargesDoNotSum = "charges-do-not-sum", "依頼の金額から手数料を引いた額が、決済の金額と合いません";
    }
}

impl Breach {
    /// How it is mended.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::TooManyAddressLines => "番地や建物などを2行までにまとめてください",
            Self::AddressLineRepeats => "住所の行から、都市名と国名を取り除いてください",
            Self::RateMissing => "換算レートを入れてください",
            Self::RateNotNeeded => "換算レートを取り除いてください",
            Self::ZeroAmount => "金額を入れてください",
            Self::ChargesMissing => "差し引いた手数料を入れるか、手数料の負担を変えてください",
            Self::ChargesDeducted => "手数料を取り除くか、手数料の負担を変えてください",
            Self::ChargesDoNotSum => "差し引いた手数料か決済の金額を直してください",
        }
    }
}

/// Findings of one message that are kept.
const FINDINGS_MAX: usize = 100;

/// Findings below one element.
pub(super) struct Check<'a> {
    below: &'static str,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn add(&mut self, name: &str, column: Option<usize>, found: &str, fault: Fault) {
        let slash = if self.below.is_empty() { "" } else { "/" };
        let place = Place { field: Some(format!("{}{slash}{name}", self.below)), column, ..Place::FILE };
        self.findings.add(Finding { place, found: String::new(), fault }.found(found));
    }

    pub(super) fn breach(&mut self, name: &str, breach: Breach) {
        self.add(name, None, "", Fault::TransferBreach(breach));
    }

    /// Something must be there.
    pub(super) fn needed(&mut self, name: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(name, None, "", Fault::Missing);
        }
    }

    /// Names, addresses and words to the payee.
    pub(super) fn extended(&mut self, name: &str, text: &str, most: usize) {
        self.text(name, text, most, Charset::Extended);
    }

    /// All others.
    fn plain(&mut self, name: &str, text: &str, most: usize) {
        self.text(name, text, most, Charset::X);
    }

    /// A reference: slashes that others read as an option are none of it.
    fn reference(&mut self, name: &str, text: &str, most: usize) {
        self.needed(name, text);
        self.plain(name, text, most);
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
            self.add(name, None, text, Fault::Value("先頭と末尾が「/」でなく、「//」のない文字列"));
        }
    }

    fn text(&mut self, name: &str, text: &str, most: usize, set: Charset) {
        if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| !set.carries(*c)) {
            let instead = set.instead(c).map(|text| text.into_owned());
            self.add(name, Some(at + 1), &c.to_string(), Fault::NotCarried { set, instead });
        }
        if text.chars().count() > most {
            self.add(name, Some(most + 1), text, Fault::LineTooLong { most });
        }
    }
}

/// Everything that is wrong with a remittance.
pub(super) fn findings(transfer: &CreditTransfer) -> Findings {
    let mut findings = Findings::keeping(FINDINGS_MAX);
    let mut check = Check { below: "", findings: &mut findings };
    check.reference("MsgId", &transfer.header.id, 35);
    check.reference("InstrId", &transfer.instruction, 16);
    check.reference("EndToEndId", &transfer.end_to_end, 35);
    check.plain("Purp/Cd", &transfer.purpose, 4);
    check.extended("RmtInf/Ustrd", &transfer.remittance, 140);
    for reporting in &transfer.reporting {
        check.plain("RgltryRptg/Dtls/Cd", &reporting.code, 10);
        reporting.information.iter().for_each(|line| check.plain("RgltryRptg/Dtls/Inf", line, 35));
    }
    amounts(transfer, &mut check);
    party(&transfer.debtor, &mut Check { below: "Dbtr", findings: &mut findings });
    party(&transfer.creditor, &mut Check { below: "Cdtr", findings: &mut findings });
    agent(&transfer.creditor_agent, &mut Check { below: "CdtrAgt", findings: &mut findings });
    if let Some(intermediary) = &transfer.intermediary {
        agent(intermediary, &mut Check { below: "IntrmyAgt1", findings: &mut findings });
    }
    findings
}

fn amounts(transfer: &CreditTransfer, check: &mut Check<'_>) {
    let CreditTransfer { settled, instructed, rate, charges, .. } = transfer;
    if settled.minor_units <= 0 || instructed.minor_units <= 0 {
        check.breach("IntrBkSttlmAmt", Breach::ZeroAmount);
    }
    match (settled.currency == instructed.currency, rate) {
        (false, None) => check.breach("XchgRate", Breach::RateMissing),
        (true, Some(_)) => check.breach("XchgRate", Breach::RateNotNeeded),
        _ => {}
    }
    match transfer.charge_bearer {
        ChargeBearer::Creditor if charges.is_empty() => check.breach("ChrgsInf", Breach::ChargesMissing),
        ChargeBearer::Debtor if !charges.is_empty() => check.breach("ChrgsInf", Breach::ChargesDeducted),
        _ => {
            let left = charges.iter().try_fold(*instructed, |left, (charge, _)| left.checked_sub(*charge));
            // of two currencies nobody can tell
            if settled.currency == instructed.currency && left != Some(*settled) {
                check.breach("ChrgsInf", Breach::ChargesDoNotSum);
            }
        }
    }
}

fn party(party: &Party, check: &mut Check<'_>) {
    check.needed("Nm", &party.name);
    check.extended("Nm", &party.name, 140);
    check.plain("Id/OrgId/Othr/Id", &party.tax_number, 35);
    party.address.check(check);
    if let Account::Other(number) = &party.account {
        check.reference("Acct/Id/Othr/Id", number, 34);
    }
}

fn agent(agent: &Agent, check: &mut Check<'_>) {
    if let Agent::Named { name, address, clearing } = agent {
        check.needed("FinInstnId/Nm", name);
        check.extended("FinInstnId/Nm", name, 140);
        address.check(check);
        if let Some((system, number)) = clearing {
            check.needed("FinInstnId/ClrSysMmbId/ClrSysId/Cd", system);
            check.plain("FinInstnId/ClrSysMmbId/ClrSysId/Cd", system, 5);
            check.needed("FinInstnId/ClrSysMmbId/MmbId", number);
            check.plain("FinInstnId/ClrSysMmbId/MmbId", number, 35);
        }
    }
}
