//! The rules between the terms of a credit.

use chrono::Days;
use domain::words;

use super::{Availability, Confirmation, Credit, RuleBook, Rules, Shipment, Terms};
use crate::finding::{Fault, Finding};
use crate::swift::message::{Kind, at};
use crate::swift::{Charset, Layout};

words! {
    /// A rule between the terms that is broken.
    Breach {
        /// 32B.
        ZeroAmount = "zero-amount", "金額が0です";
        /// 31D before 31C.
        ExpiryBeforeIssue = "expiry-before-issue", "有効期限が発行日より前です";
        /// 44C behind 31D.
        ShipmentAfterExpiry = "shipment-after-expiry", "船積期限が有効期限より後です";
        /// 44C and 48 together behind 31D.
        PresentationPastExpiry = "presentation-past-expiry", "船積期限から数えた書類呈示期間が、有効期限を過ぎます";
        /// 39A beside words that mean ten per cent (UCP 600, article 30 a).
        AboutWithTolerance = "about-with-tolerance",
            "金額の過不足許容があるのに、10%の過不足を意味する「ABOUT」などの語があります";
        /// 42C without 42a.
        DraftsWithoutDrawee = "drafts-without-drawee", "手形の期間に、手形の名宛人が伴っていません";
        /// 42a without 42C.
        DraweeWithoutDrafts = "drawee-without-drafts", "手形の名宛人に、手形の期間が伴っていません";
        /// 42C and 42a, 42M and 42P exclude each other.
        PaymentTermsTogether = "payment-terms-together",
            "手形、混合払いの明細、買取・後日払いの明細のうち、二つ以上があります";
        /// 41a by acceptance without 42C and 42a.
        AcceptanceWithoutDrafts = "acceptance-without-drafts", "引受による利用なのに、手形の期間と名宛人がありません";
        /// 41a by deferred payment without 42P.
        DeferredWithoutDetails = "deferred-without-details", "後日払いなのに、その明細がありません";
        /// 41a by mixed payment without 42M.
        MixedWithoutDetails = "mixed-without-details", "混合払いなのに、その明細がありません";
        /// 42C, 42M or 42P of another way than 41a's.
        TermsOfOtherAvailability = "terms-of-other-availability", "支払条件の項目が、利用方法と合いません";
        /// 44C and 44D exclude each other.
        ShipmentTwice = "shipment-twice", "船積期限と船積期間の両方があります";
        /// 49 asks for a confirmation, 58a says of nobody.
        ConfirmingBankMissing = "confirming-bank-missing", "確認を求めるのに、確認銀行がありません";
        /// 40E: OTHR without words.
        RulesWithoutWords = "rules-without-words", "準拠規則が「その他」なのに、その内容がありません";
        /// 40E: words without OTHR.
        WordsWithoutOther = "words-without-other", "準拠規則の内容は「その他」のときだけ書けます";
        /// 32B and 33B of one amendment.
        IncreaseAndDecrease = "increase-and-decrease", "増額と減額の両方があります";
        /// The amendment's amount in another currency.
        OtherCurrency = "other-currency", "信用状とは別の通貨です";
        /// 33B more than the credit.
        DecreaseBelowZero = "decrease-below-zero", "減額が信用状の金額を超えています";
        /// An amendment of nothing.
        NothingChanged = "nothing-changed", "変更する条件がありません";
        /// 23S beside something that is changed.
        CancelledAndChanged = "cancelled-and-changed", "取消の依頼と条件の変更の両方があります";
    }
}

impl Breach {
    /// How it is mended.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::ZeroAmount => "金額を入れてください",
            Self::ExpiryBeforeIssue => "有効期限を発行日以後にしてください",
            Self::ShipmentAfterExpiry => "有効期限を延ばすか、船積期限を早めてください",
            Self::PresentationPastExpiry => {
                "有効期限を延ばすか、船積期限を早めるか、書類呈示期間を短くしてください"
            }
            Self::AboutWithTolerance => "その語を取り除くか、過不足許容を10/10にするか、なしにしてください",
            Self::DraftsWithoutDrawee => "手形の名宛人を入れるか、手形の期間を取り除いてください",
            Self::DraweeWithoutDrafts => "手形の期間を入れるか、手形の名宛人を取り除いてください",
            Self::PaymentTermsTogether => "利用方法に合う一つだけにしてください",
            Self::AcceptanceWithoutDrafts => "手形の期間と名宛人を入れるか、利用方法を変えてください",
            Self::DeferredWithoutDetails => "買取・後日払いの明細に、支払の日を入れてください",
            Self::MixedWithoutDetails => "混合払いの明細に、割合と支払の日を入れてください",
            Self::TermsOfOtherAvailability => "その項目を取り除くか、利用方法を変えてください",
            Self::ShipmentTwice => "どちらか一つにしてください",
            Self::ConfirmingBankMissing => "確認銀行を入れるか、確認なしにしてください",
            Self::RulesWithoutWords => "従う規則を35文字までで入れてください",
            Self::WordsWithoutOther => "内容を取り除くか、「その他」を選んでください",
            Self::IncreaseAndDecrease => "差し引いた一方だけにしてください",
            Self::OtherCurrency => "信用状と同じ通貨にしてください。通貨は変更できません",
            Self::DecreaseBelowZero => "減額を信用状の金額までにするか、取消を依頼してください",
            Self::NothingChanged => "変更する条件を入れるか、取消を依頼してください",
            Self::CancelledAndChanged => "取消だけにするか、取消をやめてください",
        }
    }

    /// The field at which it is told, among those of 700 and 707.
    const fn tag(self) -> &'static str {
        match self {
            Self::ZeroAmount | Self::OtherCurrency => "32B",
            Self::ExpiryBeforeIssue => "31D",
            Self::ShipmentAfterExpiry => "44C",
            Self::PresentationPastExpiry => "48",
            Self::AboutWithTolerance => "39A",
            Self::DraftsWithoutDrawee | Self::DraweeWithoutDrafts => "42A",
            Self::PaymentTermsTogether | Self::AcceptanceWithoutDrafts => "42C",
            Self::DeferredWithoutDetails => "42P",
            Self::MixedWithoutDetails => "42M",
            Self::TermsOfOtherAvailability => "41A",
            Self::ShipmentTwice => "44D",
            Self::ConfirmingBankMissing => "58A",
            Self::RulesWithoutWords | Self::WordsWithoutOther => "40E",
            Self::IncreaseAndDecrease | Self::DecreaseBelowZero => "33B",
            Self::NothingChanged | Self::CancelledAndChanged => "23S",
        }
    }
}

/// The breach at its field, of 700 or else of 707.
impl From<Breach> for Finding {
    fn from(breach: Breach) -> Self {
        let layout = [Kind::Issue, Kind::Amendment].into_iter().find_map(|kind| {
            let field = Layout::of(kind).field(breach.tag())?;
            // an option is told as the whole
            Some(format!("{} {}", field.item, field.name))
        });
        at(&layout.unwrap_or_default(), Fault::Breach(breach))
    }
}

/// Words that mean ten per cent more or less of what they stand beside.
const ABOUT: &[&str] = &["ABOUT", "APPROXIMATELY", "APPROX", "CIRCA"];

fn says_about(text: &str) -> bool {
    let (plain, _) = Charset::X.replaced(text);
    let upper = plain.to_ascii_uppercase();
    upper.split(|c: char| !c.is_ascii_alphabetic()).any(|word| ABOUT.contains(&word))
}

impl Rules {
    /// The rule between its parts that is broken.
    pub(super) fn breach(&self) -> Option<Breach> {
        match (self.book, self.others.is_empty()) {
            (RuleBook::Other, true) => Some(Breach::RulesWithoutWords),
            (RuleBook::Other, false) | (_, true) => None,
            (_, false) => Some(Breach::WordsWithoutOther),
        }
    }
}

/// Whether the terms of payment are those of the way in which the credit is available.
pub(super) const fn of_availability(by: Availability, terms: &Terms) -> Option<Breach> {
    match (by, terms) {
        (Availability::Payment, Terms::None | Terms::Drafts { .. })
        | (Availability::Acceptance, Terms::Drafts { .. })
        | (Availability::Negotiation, Terms::None | Terms::Drafts { .. } | Terms::Deferred(_))
        | (Availability::DeferredPayment, Terms::Deferred(_))
        | (Availability::MixedPayment, Terms::Mixed(_)) => None,
        (Availability::Acceptance, Terms::None) => Some(Breach::AcceptanceWithoutDrafts),
        (Availability::DeferredPayment, Terms::None) => Some(Breach::DeferredWithoutDetails),
        (Availability::MixedPayment, Terms::None) => Some(Breach::MixedWithoutDetails),
        _ => Some(Breach::TermsOfOtherAvailability),
    }
}

impl Credit {
    /// Every rule between the terms that is broken.
    pub fn breaches(&self) -> Vec<Breach> {
        let mut found = Vec::new();
        let mut rule = |is_broken: bool, breach: Breach| {
            if is_broken {
                found.push(breach);
            }
        };
        rule(self.amount.minor_units <= 0, Breach::ZeroAmount);
        rule(self.expiry < self.issued, Breach::ExpiryBeforeIssue);
        if let Shipment::Latest(latest) = self.shipment {
            rule(latest > self.expiry, Breach::ShipmentAfterExpiry);
            // from another day than the shipment's nobody can count before it
            let stated = self.presentation.as_ref().filter(|stated| stated.since.is_empty());
            let last = stated.and_then(|stated| latest.checked_add_days(Days::new(stated.days.into())));
            rule(latest <= self.expiry && last > Some(self.expiry), Breach::PresentationPastExpiry);
        }
        let is_ten = |plus, minus| (plus, minus) == (10, 10);
        let is_about = [&self.goods, &self.additional_amounts].into_iter().any(|text| says_about(text));
        rule(
            is_about && self.tolerance.is_some_and(|stated| !is_ten(stated.plus, stated.minus)),
            Breach::AboutWithTolerance,
        );
        let asks = matches!(self.confirmation, Confirmation::Confirm | Confirmation::MayAdd);
        rule(asks && self.confirming_bank.is_none(), Breach::ConfirmingBankMissing);
        found.extend(of_availability(self.available_by, &self.terms));
        found.extend(self.rules.breach());
        found
    }
}
