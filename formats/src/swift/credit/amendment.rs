//! Amendments of a credit: MT707, and MT708 for what it does not hold.

use domain::{Bic, Date, words};

use super::changes::{Change, Changes};
use super::read::{Read, Series};
use super::write::{long_texts, series};
use super::{Breach, Credit};
use crate::finding::Findings;
use crate::swift::lines::wrapped;
use crate::swift::message::{Draft, Kind, Message};
use crate::swift::values::{Bank, PARTY_CHARS_MAX, day};

words! {
    /// 電文の目的 (22A).
    Purpose {
        /// Issued by the sender.
        Issue = "ISSU", "条件変更の発行";
        /// Advised.
        Advice = "ADVI", "条件変更の通知";
        /// Advised and confirmed.
        AdviceAndConfirmation = "ACNF", "条件変更の通知と確認";
    }
}

words! {
    /// Who bears the charges of the amendment (71N).
    ChargesPayer {
        /// 発行依頼人.
        Applicant = "APPL", "発行依頼人";
        /// 受益者.
        Beneficiary = "BENE", "受益者";
        /// In words.
        Other = "OTHR", "その他";
    }
}

/// An amendment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// 信用状番号 (20).
    pub number: String,
    /// The receiver's own number (21), `NONREF` where it is not known.
    pub receiver_number: String,
    /// The issuing bank's number (23).
    pub issuer_number: String,
    /// 発行銀行 (52a), where it is not the sender.
    pub issuing_bank: Option<Bank>,
    /// 発行日 of the credit (31C).
    pub issued: Date,
    /// 条件変更の回数 (26E), from 1.
    pub sequence: u16,
    /// 条件変更日 (30).
    pub amended: Date,
    /// 電文の目的 (22A).
    pub purpose: Purpose,
    /// 取消の依頼 (23S).
    pub is_cancellation: bool,
    /// 71N: who, and the words of others.
    pub amendment_charges: Option<(ChargesPayer, String)>,
    /// 72Z.
    pub to_bank: String,
    /// What is changed.
    pub changes: Changes,
}

impl Amendment {
    /// An amendment of a credit by its issuing bank that changes nothing yet.
    pub fn of(credit: &Credit, sequence: u16, amended: Date) -> Self {
        Self {
            number: credit.number.clone(),
            receiver_number: "NONREF".to_owned(),
            issuer_number: credit.number.clone(),
            issuing_bank: None,
            issued: credit.issued,
            sequence,
            amended,
            purpose: Purpose::Issue,
            is_cancellation: false,
            amendment_charges: None,
            to_bank: String::new(),
            changes: Changes::default(),
        }
    }

    /// Every rule between its own parts that is broken.
    pub fn breaches(&self) -> Vec<Breach> {
        let mut found = self.changes.breaches();
        match (self.is_cancellation, self.changes == Changes::default()) {
            (true, false) => found.push(Breach::CancelledAndChanged),
            (false, true) => found.push(Breach::NothingChanged),
            _ => {}
        }
        found
    }

    /// The credit as it is when the amendment has been accepted, or the rules that it would break.
    pub fn applied(&self, credit: &Credit) -> Result<Credit, Vec<Breach>> {
        let own = self.breaches();
        if own.is_empty() { self.changes.applied(credit) } else { Err(own) }
    }

    /// The messages of the amendment, as those of a credit.
    pub fn messages(&self, sender: &Bic, receiver: &Bic) -> Result<Vec<Message>, Findings> {
        let changes = &self.changes;
        let all = |changes: &[Change]| changes.iter().map(Change::written).collect::<Vec<_>>().join("\n");
        let texts = long_texts([
            ("45B", &all(&changes.goods)),
            ("46B", &all(&changes.documents)),
            ("47B", &all(&changes.conditions)),
            ("49M", &all(&changes.beneficiary_conditions)),
            ("49N", &all(&changes.bank_conditions)),
        ]);
        let draft = |kind| {
            let mut draft = Draft::new(kind, sender.clone(), receiver.clone());
            draft.put("20", self.number.clone());
            draft.put("21", self.receiver_number.clone());
            draft.put("23", self.issuer_number.clone());
            draft.put("26E", self.sequence.to_string());
            draft.put("30", day(self.amended));
            draft
        };
        let first = || {
            let mut first = draft(Kind::Amendment);
            self.breaches().into_iter().for_each(|breach| first.add(breach.into()));
            self.put(&mut first);
            first
        };
        series(&texts, first, || draft(Kind::AmendmentContinued))
    }

    fn put(&self, draft: &mut Draft) {
        draft.bank("52", self.issuing_bank.as_ref());
        draft.put("31C", day(self.issued));
        draft.put("22A", self.purpose.as_str());
        draft.put_maybe("23S", if self.is_cancellation { "CANCEL" } else { "" });
        self.changes.put(draft);
        if let Some((payer, words)) = &self.amendment_charges {
            let words = wrapped(words, PARTY_CHARS_MAX);
            draft.put("71N", format!("{payer}\n{words}").trim_end());
        }
        draft.put_maybe("72Z", &wrapped(&self.to_bank, PARTY_CHARS_MAX));
    }

    /// Reads the messages of one amendment, and holds them against the rules between its parts.
    pub fn read(messages: &[Message]) -> Result<Self, Findings> {
        let mut findings = Findings::keeping(1);
        let series = Series::of(messages, Kind::Amendment, Kind::AmendmentContinued);
        match series.and_then(|series| amendment(&series)) {
            Ok(amendment) => {
                amendment.breaches().into_iter().for_each(|breach| findings.add(breach.into()));
                if findings.is_empty() { Ok(amendment) } else { Err(findings) }
            }
            Err(finding) => {
                findings.add(*finding);
                Err(findings)
            }
        }
    }
}

fn amendment(series: &Series<'_>) -> Read<Amendment> {
    Ok(Amendment {
        number: series.text("20"),
        receiver_number: series.text("21"),
        issuer_number: series.text("23"),
        issuing_bank: series.bank("52")?,
        issued: series.needed(series.day("31C")?, "31C")?,
        sequence: series.needed(series.parsed("26E")?, "26E")?,
        amended: series.needed(series.day("30")?, "30")?,
        purpose: series.needed(series.parsed("22A")?, "22A")?,
        is_cancellation: match series.text("23S").as_str() {
            "" => false,
            "CANCEL" => true,
            _ => return Err(series.wrong("23S")),
        },
        amendment_charges: series.read("71N", |value| {
            let (payer, words) = value.split_once('\n').unwrap_or((value, ""));
            Some((payer.parse().ok()?, words.to_owned()))
        })?,
        to_bank: series.text("72Z"),
        changes: Changes::read(series)?,
    })
}
