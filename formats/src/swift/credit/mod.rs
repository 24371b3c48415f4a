//! Documentary credits (信用状): the terms that MT700 states, its overflow into MT701, and amendments, MT707 and 708.
//!
//! Texts are as people typed them: they are wrapped when a message is made of them, and what is wrong with them is told
//! then, with the field, the line and the character. Long ones are spread over as many messages as they need.

mod amendment;
mod breach;
mod changes;
mod read;
mod spread;
mod write;

use domain::{Date, Money, words};

use super::values::Bank;

pub use amendment::{Amendment, ChargesPayer, Purpose};
pub use breach::Breach;
pub use changes::{Change, Changes};

/// The most messages of one credit, or of one amendment: field 27 has one digit, and the standard ends at eight.
pub const MESSAGES_MAX: usize = 8;
/// 書類呈示期間 where a credit states none: 21 days after shipment (UCP 600, article 14 c).
pub const PRESENTATION_DAYS_DEFAULT: u16 = 21;
/// Characters of a line of the long texts.
pub const TEXT_CHARS_MAX: usize = 65;

words! {
    /// 信用状の種類 (40A). Revocable ones are no longer issued.
    Form {
        /// 取消不能.
        Irrevocable = "IRREVOCABLE", "取消不能";
        /// 取消不能・譲渡可能.
        Transferable = "IRREVOCABLE TRANSFERABLE", "取消不能・譲渡可能";
    }
}

words! {
    /// 準拠規則 (40E).
    RuleBook {
        /// 信用状統一規則.
        Ucp = "UCP LATEST VERSION", "信用状統一規則(UCP)";
        /// With electronic presentation.
        Eucp = "EUCP LATEST VERSION", "電子呈示の追補(eUCP)";
        /// With the rules of reimbursement.
        Ucpurr = "UCPURR LATEST VERSION", "UCPと補償統一規則(URR)";
        /// With both.
        Eucpurr = "EUCPURR LATEST VERSION", "eUCPと補償統一規則(URR)";
        /// Standby practices.
        Isp = "ISP LATEST VERSION", "国際スタンドバイ規則(ISP)";
        /// Others, in words.
        Other = "OTHR", "その他";
    }
}

words! {
    /// 利用方法 (41a).
    Availability {
        /// 一覧払い.
        Payment = "BY PAYMENT", "支払";
        /// 引受.
        Acceptance = "BY ACCEPTANCE", "引受";
        /// 買取.
        Negotiation = "BY NEGOTIATION", "買取";
        /// 後日払い.
        DeferredPayment = "BY DEF PAYMENT", "後日払い";
        /// 混合払い.
        MixedPayment = "BY MIXED PYMT", "混合払い";
    }
}

words! {
    /// Whether something may be done (43P 分割船積, 43T 積替え).
    Permission {
        /// 許容.
        Allowed = "ALLOWED", "許容する";
        /// 条件付き.
        Conditional = "CONDITIONAL", "条件付き";
        /// 禁止.
        NotAllowed = "NOT ALLOWED", "禁止する";
    }
}

words! {
    /// 確認の指図 (49).
    Confirmation {
        /// The bank is to confirm.
        Confirm = "CONFIRM", "確認を求める";
        /// It may, where the beneficiary asks.
        MayAdd = "MAY ADD", "受益者が求めれば確認してよい";
        /// It is not.
        Without = "WITHOUT", "確認なし";
    }
}

/// How much more or less than the amount may be drawn (39A), in per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// More, 99 at most.
    pub plus: u8,
    /// Less, 99 at most.
    pub minus: u8,
}

/// What is drawn or paid when (42C and 42a, 42M, 42P): one of these, never two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Terms {
    /// Nothing is said.
    #[default]
    None,
    /// 手形: its tenor, and on whom it is drawn.
    Drafts {
        /// 手形の期間: `AT SIGHT`, `90 DAYS AFTER SIGHT`.
        at: String,
        /// 名宛人.
        drawee: Bank,
    },
    /// 混合払いの明細.
    Mixed(String),
    /// 買取・後日払いの明細.
    Deferred(String),
}

impl Terms {
    /// Of the fields as a form or a message has them, any of which may be empty.
    pub fn of(drafts: &str, drawee: Option<Bank>, mixed: &str, deferred: &str) -> Result<Self, Breach> {
        let is_there = [!drafts.is_empty() || drawee.is_some(), !mixed.is_empty(), !deferred.is_empty()];
        if is_there.iter().filter(|there| **there).count() > 1 {
            return Err(Breach::PaymentTermsTogether);
        }
        match (drafts, drawee, mixed, deferred) {
            ("", None, "", "") => Ok(Self::None),
            ("", None, "", deferred) => Ok(Self::Deferred(deferred.to_owned())),
            ("", None, mixed, _) => Ok(Self::Mixed(mixed.to_owned())),
            ("", Some(_), ..) => Err(Breach::DraweeWithoutDrafts),
            (_, None, ..) => Err(Breach::DraftsWithoutDrawee),
            (at, Some(drawee), ..) => Ok(Self::Drafts { at: at.to_owned(), drawee }),
        }
    }
}

/// When goods are shipped (44C, 44D): by a day, or in a period that words state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shipment {
    /// Nothing is said.
    #[default]
    None,
    /// 船積期限.
    Latest(Date),
    /// 船積期間, six lines of 65.
    Period(String),
}

impl Shipment {
    /// Of the two fields, either of which may be empty.
    pub fn of(latest: Option<Date>, period: &str) -> Result<Self, Breach> {
        match (latest, period) {
            (Some(_), period) if !period.is_empty() => Err(Breach::ShipmentTwice),
            (Some(latest), _) => Ok(Self::Latest(latest)),
            (None, "") => Ok(Self::None),
            (None, period) => Ok(Self::Period(period.to_owned())),
        }
    }
}

/// 書類呈示期間 (48).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// Days after shipment, or after what the words say.
    pub days: u16,
    /// `FROM DATE OF INVOICE`; empty for the day of shipment.
    pub since: String,
}

/// 準拠規則 (40E).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which.
    pub book: RuleBook,
    /// Others in words; empty with any of the listed ones.
    pub others: String,
}

/// Where the goods go (44A, 44E, 44F, 44B), 140 characters each; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// 受取地・発送地 (44A).
    pub receipt: String,
    /// 船積港・出発空港 (44E).
    pub loading: String,
    /// 荷揚港・到着空港 (44F).
    pub discharge: String,
    /// 最終仕向地・引渡地 (44B).
    pub destination: String,
}

/// The terms of a credit. Texts are empty where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// 信用状の種類 (40A).
    pub form: Form,
    /// 信用状番号 (20), which the issuing bank gives: 16 characters.
    pub number: String,
    /// プレアドバイスの番号 (23): 16 characters.
    pub pre_advice: String,
    /// 発行日 (31C).
    pub issued: Date,
    /// 準拠規則 (40E).
    pub rules: Rules,
    /// 有効期限 (31D).
    pub expiry: Date,
    /// Where it expires (31D): 29 characters.
    pub expiry_place: String,
    /// 発行依頼人の銀行 (51a).
    pub applicant_bank: Option<Bank>,
    /// 発行依頼人 (50): name and address, four lines of 35.
    pub applicant: String,
    /// 受益者の口座 (59): 34 characters.
    pub beneficiary_account: String,
    /// 受益者 (59): likewise.
    pub beneficiary: String,
    /// 金額 (32B).
    pub amount: Money,
    /// 過不足許容 (39A).
    pub tolerance: Option<Tolerance>,
    /// 金額以外に含まれるもの (39C): freight, insurance.
    pub additional_amounts: String,
    /// 利用銀行 (41a).
    pub available_with: Bank,
    /// 利用方法 (41a).
    pub available_by: Availability,
    /// Drafts, or what stands in their place.
    pub terms: Terms,
    /// 分割船積 (43P).
    pub partial_shipments: Option<Permission>,
    /// 積替え (43T).
    pub transhipment: Option<Permission>,
    /// Where the goods go.
    pub route: Route,
    /// When they are shipped.
    pub shipment: Shipment,
    /// 商品 (45A).
    pub goods: String,
    /// 必要書類 (46A).
    pub documents: String,
    /// 追加条件 (47A).
    pub conditions: String,
    /// 受益者への特別支払条件 (49G).
    pub beneficiary_conditions: String,
    /// 受信銀行への特別支払条件 (49H).
    pub bank_conditions: String,
    /// 手数料の負担 (71D).
    pub charges: String,
    /// 書類呈示期間 (48).
    pub presentation: Option<Presentation>,
    /// 確認の指図 (49).
    pub confirmation: Confirmation,
    /// 確認銀行 (58a).
    pub confirming_bank: Option<Bank>,
    /// 補償銀行 (53a).
    pub reimbursing_bank: Option<Bank>,
    /// 支払・引受・買取銀行への指図 (78).
    pub instructions: String,
    /// 第二通知銀行 (57a).
    pub advise_through: Option<Bank>,
    /// 銀行への連絡事項 (72Z).
    pub to_bank: String,
}
