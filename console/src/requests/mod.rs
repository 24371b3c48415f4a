//! Four eyes (起票と承認): one member of staff proposes, another approves, and only then the hub is told.
//!
//! A request never changes. Its decision and its result are rows of their own, each written once under a guard, so
//! that of two who decide at the same time one does. One process at a time carries out what was approved (`run`), and
//! what moves money takes a guard of the request in the hub's own commit: so it is done once however often a process
//! dies on the way, stands still, or comes back late.

pub(super) mod carry_out;
mod operation;
pub(super) mod pages;
mod propose;
mod run;
mod store;

use domain::{CollectorNumber, Date, PaymentId, StaffId, StaffRequestId, Timestamp};
use gateway::Word;
use gateway::operations::REASON_CHARS_MAX;
use serde::{Deserialize, Serialize};

use super::contracts::act::ContractChange;
use super::days::proposal::DayProposal;
use super::keys::proposal::KeyChange;
use super::mandates::proposal::MandatePaper;
use super::reconciliation::proposal::BreakProposal;
use super::settings::proposal::SettingChange;
use super::staff::proposal::StaffChange;
use super::stops::proposal::LiftEmergency;
use super::token_stock::proposal::TokenDelivery;
use super::tokens::proposal::TokenPaper;
use super::users::proposal::LiftStop;
use super::words::Tag;

pub use operation::{Requests, add_reason};
pub use pages::routes;
pub(super) use propose::propose;
pub use run::Lease;
pub use store::RequestQuery;

/// Characters of a reason or a note at most.
pub const WORDS_CHARS_MAX: usize = REASON_CHARS_MAX;

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposal {
    /// The collector's word ends an unknown payment, or an unknown cancellation.
    Decide {
        /// The payment.
        payment: PaymentId,
        /// What the collector said.
        word: Word,
        /// How often it had been delivered when the collector was asked: a later delivery makes a "not" worthless.
        deliveries: i64,
    },
    /// 取消: the collector is asked to take a counter payment back.
    Cancel {
        /// The payment.
        payment: PaymentId,
    },
    /// 開局, 予備閉局 or 閉局 by hand.
    Day(DayProposal),
    /// A break of a comparison ends, and the payer may get money back: the reason says what was done about it.
    ResolveBreak(BreakProposal),
    /// 締め: a collector's settlement window is closed.
    CloseWindow {
        /// The collector.
        collector: CollectorNumber,
        /// The business day.
        window: Date,
    },
    /// 支払い: the net payment of a closed window is paid.
    PayNet {
        /// The collector.
        collector: CollectorNumber,
        /// The business day.
        window: Date,
    },
    /// 停止の解除: what wrong numbers stopped for a user.
    LiftStop(LiftStop),
    /// What a paper asks for a contract.
    Contract(ContractChange),
    /// A paper about a contract's tokens.
    Token(TokenPaper),
    /// A paper about an account that a contract debits.
    Mandate(MandatePaper),
    /// 緊急停止 ends.
    LiftEmergency(LiftEmergency),
    /// A setting has another value.
    Setting(SettingChange),
    /// A key is made, used or retired.
    Key(KeyChange),
    /// A maker's delivery of tokens goes into stock.
    Delivery(TokenDelivery),
    /// A member of staff is recorded, or let in no more.
    Staff(StaffChange),
}

impl Proposal {
    /// The stable word of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Decide { .. } => "decide",
            Self::Cancel { .. } => "cancel",
            Self::Day(_) => "day",
            Self::ResolveBreak(_) => "resolve_break",
            Self::CloseWindow { .. } => "close_window",
            Self::PayNet { .. } => "pay_net",
            Self::LiftStop(_) => "lift_stop",
            Self::Contract(_) => "contract",
            Self::Token(_) => "token",
            Self::Mandate(_) => "mandate",
            Self::LiftEmergency(_) => "lift_emergency",
            Self::Setting(_) => "setting",
            Self::Key(_) => "key",
            Self::Delivery(_) => "delivery",
            Self::Staff(_) => "staff",
        }
    }

    /// What it is about: of one subject one request is open.
    pub fn subject(&self) -> String {
        match self {
            Self::Decide { payment, .. } | Self::Cancel { payment } => payment.to_string(),
            Self::Day(of) => of.subject(),
            Self::ResolveBreak(of) => of.subject(),
            Self::LiftStop(of) => of.subject(),
            Self::Contract(of) => of.subject(),
            Self::Token(of) => of.subject(),
            Self::Mandate(of) => of.subject(),
            Self::LiftEmergency(of) => of.subject(),
            Self::Setting(of) => of.subject(),
            Self::Key(of) => of.subject(),
            Self::Delivery(_) => TokenDelivery::subject(),
            Self::Staff(of) => of.subject(),
            Self::CloseWindow { collector, window } | Self::PayNet { collector, window } => {
                gateway::settlement::number(collector, *window)
            }
        }
    }

    /// All that it says, as it is stored: for the audit log.
    pub fn facts(&self) -> String {
        // a proposal is text and ids
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Decide { word: Word::Cleared, .. } => "結果不明の払込を「消込あり」で確定",
            Self::Decide { word: Word::NotCleared, .. } => "結果不明の払込を「消込なし」で確定",
            Self::Decide { word: Word::Cancelled, .. } => "結果不明の取消しを「取消しあり」で確定",
            Self::Decide { word: Word::NotCancelled, .. } => "結果不明の取消しを「取消しなし」で確定",
            Self::Cancel { .. } => "窓口収納の取消し",
            Self::Day(of) => of.title(),
            Self::ResolveBreak(of) => of.title(),
            Self::CloseWindow { .. } => "資金決済の締め",
            Self::PayNet { .. } => "資金決済の支払い",
            Self::LiftStop(_) => "番号の誤りによる停止の解除",
            Self::Contract(of) => of.title(),
            Self::Token(of) => of.act.title(),
            Self::Mandate(of) => of.title(),
            Self::LiftEmergency(_) => "緊急停止の解除",
            Self::Setting(_) => "設定の変更",
            Self::Key(of) => of.title(),
            Self::Delivery(_) => TokenDelivery::TITLE,
            Self::Staff(of) => of.title(),
        }
    }

    /// What it is about, where a list of titles would not tell one from another.
    pub fn about(&self) -> String {
        match self {
            Self::Day(of) => of.subject(),
            Self::CloseWindow { .. } | Self::PayNet { .. } => self.subject(),
            Self::Key(of) => of.about(),
            Self::Setting(of) => of.about(),
            Self::Delivery(of) => of.number.clone(),
            Self::Staff(of) => of.about(),
            Self::Mandate(of) => of.account.to_string(),
            Self::Token(of) => of.act.serial().unwrap_or_default().to_owned(),
            Self::Decide { .. }
            | Self::Cancel { .. }
            | Self::ResolveBreak(_)
            | Self::LiftStop(_)
            | Self::Contract(_)
            | Self::LiftEmergency(_) => String::new(),
        }
    }

    /// What approving it does to the money, which at the counter is cash.
    pub fn consequence(&self, at_counter: bool) -> &'static str {
        match self {
            Self::Decide { word: Word::Cleared, .. } if at_counter => {
                "承認すると、預かっている現金を収納に充て、収納済みにします。この確定は取り消せません。"
            }
            Self::Decide { word: Word::NotCleared, .. } if at_counter => {
                "承認すると、受付不可にし、預かっている現金を払込人に返す扱いにします。この確定は取り消せません。\
                 収納機関が実際には消し込んでいると、収納機関への支払いが不足します。"
            }
            Self::Decide { word: Word::Cleared, .. } => {
                "承認すると、確保している金額をお客さまの口座から引き落とし、収納済みにします。取り消せません。"
            }
            Self::Decide { word: Word::NotCleared, .. } => {
                "承認すると、確保している金額をお客さまの口座に戻し、受付不可にします。取り消せません。\
                 収納機関が実際には消し込んでいると、収納機関への支払いが不足します。"
            }
            Self::Decide { word: Word::Cancelled, .. } => {
                "承認すると、収納を取り消し、現金を払込人に返す扱いにします。取り消せません。"
            }
            Self::Decide { word: Word::NotCancelled, .. } => {
                "承認すると、払込は収納済みのままに確定します。現金は返しません。取り消せません。"
            }
            Self::Cancel { .. } => {
                "承認すると、収納機関に取消しを依頼します。収納機関が受け付けたときだけ収納を戻し、現金を返せます。"
            }
            Self::Day(of) => of.consequence(),
            Self::ResolveBreak(of) => of.consequence(),
            Self::LiftStop(_) => LiftStop::CONSEQUENCE,
            Self::Contract(of) => of.consequence(),
            Self::Token(of) => of.consequence(),
            Self::Mandate(of) => of.consequence(),
            Self::LiftEmergency(_) => LiftEmergency::CONSEQUENCE,
            Self::Setting(of) => of.consequence(),
            Self::Key(of) => of.consequence(),
            Self::Delivery(_) => TokenDelivery::CONSEQUENCE,
            Self::Staff(of) => of.consequence(),
            Self::CloseWindow { .. } => {
                "承認すると、対象の払込を締めて支払額を確定し、収納機関に通知します。取り消せません。"
            }
            Self::PayNet { .. } => "承認すると、支払額を支払先に支払います。取り消せません。",
        }
    }

    /// The payment that it is about, where it is about one.
    pub const fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::Decide { payment, .. } | Self::Cancel { payment } => Some(*payment),
            Self::Day(_) | Self::ResolveBreak(_) | Self::LiftStop(_) | Self::Contract(_) => None,
            Self::LiftEmergency(_) | Self::Setting(_) | Self::Token(_) | Self::Key(_) => None,
            Self::Delivery(_) | Self::Staff(_) | Self::Mandate(_) => None,
            Self::CloseWindow { .. } | Self::PayNet { .. } => None,
        }
    }
}

/// What somebody decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 承認.
    Approved,
    /// 差戻し.
    SentBack,
    /// 取下げ, by the maker.
    Withdrawn,
}

impl Verdict {
    const ALL: &[Self] = &[Self::Approved, Self::SentBack, Self::Withdrawn];

    /// The word in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::SentBack => "sent_back",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == code)
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Approved => "request.approve",
            Self::SentBack => "request.send_back",
            Self::Withdrawn => "request.withdraw",
        }
    }
}

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: StaffId,
    /// Why, where it was sent back.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// What the approved operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was carried out.
    pub done: bool,
    /// What came of it, in words.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// A request with everything that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: StaffRequestId,
    /// What is proposed.
    pub proposal: Proposal,
    /// Why.
    pub reason: String,
    /// By whom.
    pub maker: StaffId,
    /// When.
    pub made_at: Timestamp,
    /// What was decided.
    pub decision: Option<Decision>,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Nobody has decided.
    Open,
    /// Nobody decided on its day.
    Expired,
    /// Sent back.
    SentBack,
    /// Withdrawn.
    Withdrawn,
    /// Approved, and being carried out.
    Running,
    /// Carried out.
    Done,
    /// Approved, and refused by the hub.
    Failed,
}

impl RequestState {
    /// Icon, word and colour.
    pub const fn tag(self) -> Tag {
        match self {
            Self::Open => Tag::wait("承認待ち"),
            Self::Expired => Tag::info("期限切れ"),
            Self::SentBack => Tag::bad("差戻し"),
            Self::Withdrawn => Tag::info("取下げ"),
            Self::Running => Tag::wait("実行中"),
            Self::Done => Tag::ok("実行済み"),
            Self::Failed => Tag::bad("実行できません"),
        }
    }
}

impl Request {
    /// Where it is at an instant.
    pub fn state(&self, now: Timestamp) -> RequestState {
        match (&self.decision, &self.outcome) {
            (None, _) if now.date() > self.made_at.date() => RequestState::Expired,
            (None, _) => RequestState::Open,
            (Some(Decision { verdict: Verdict::SentBack, .. }), _) => RequestState::SentBack,
            (Some(Decision { verdict: Verdict::Withdrawn, .. }), _) => RequestState::Withdrawn,
            (Some(_), None) => RequestState::Running,
            (Some(_), Some(outcome)) if outcome.done => RequestState::Done,
            (Some(_), Some(_)) => RequestState::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_open_until_its_day_is_over_or_somebody_decides() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let made_at = at("2026-11-24T23:59:00+09:00");
        let request = Request {
            id: StaffRequestId::generate(),
            proposal: Proposal::Decide { payment: PaymentId::generate(), word: Word::Cleared, deliveries: 1 },
            reason: "収納機関 田中様に電話で確認".to_owned(),
            maker: StaffId::generate(),
            made_at,
            decision: None,
            outcome: None,
        };
        assert_eq!(request.state(at("2026-11-24T23:59:59+09:00")), RequestState::Open);
        let later = at("2026-11-25T00:00:00+09:00");
        assert_eq!(request.state(later), RequestState::Expired);
        let decided = |verdict, outcome| {
            let by = StaffId::generate();
            let decision = Some(Decision { verdict, by, note: String::new(), at: made_at });
            Request { decision, outcome, ..request.clone() }.state(later)
        };
        let outcome = |done| Some(Outcome { done, detail: String::new(), at: made_at });
        assert_eq!(decided(Verdict::SentBack, None), RequestState::SentBack);
        assert_eq!(decided(Verdict::Withdrawn, None), RequestState::Withdrawn);
        assert_eq!(decided(Verdict::Approved, None), RequestState::Running);
        assert_eq!(decided(Verdict::Approved, outcome(true)), RequestState::Done);
        assert_eq!(decided(Verdict::Approved, outcome(false)), RequestState::Failed);
    }

    #[test]
    fn a_proposal_reads_back_from_its_row() {
        use crate::contracts::act::Act;
        use crate::days::proposal::{DayAct, Seen};
        let day = |act| {
            let date = "2026-11-24".parse().unwrap();
            Proposal::Day(DayProposal { collector: "00200".parse().unwrap(), date, act })
        };
        let seen = Seen { items: 1, amount: domain::Yen::new(12_800), breaks: 2 };
        for proposal in [
            Proposal::Decide { payment: PaymentId::generate(), word: Word::NotCleared, deliveries: 2 },
            day(DayAct::Open),
            day(DayAct::Close { carry_forward: true, seen }),
            Proposal::ResolveBreak(BreakProposal {
                found: domain::BreakId::generate(),
                ending: gateway::reconciliation::Ending::Refunded,
            }),
            Proposal::LiftStop(LiftStop {
                user: domain::UserId::generate(),
                stopped_at: Timestamp::from_micros(1),
                document: "2026-0001".to_owned(),
            }),
            Proposal::Token(TokenPaper {
                contract: domain::ContractId::generate(),
                document: "2026-本-0012".to_owned(),
                act: crate::tokens::proposal::PaperAct::Reissue {
                    serial: "9000000001".to_owned(),
                    returned: true,
                },
            }),
            Proposal::Contract(ContractChange {
                contract: domain::ContractId::generate(),
                document: "2026-0001".to_owned(),
                act: Act::Limit { before: domain::Yen::new(10_000_000), after: domain::Yen::ZERO },
            }),
        ] {
            let json = serde_json::to_string(&proposal).unwrap();
            assert!(json.starts_with(&format!("{{\"kind\":\"{}\"", proposal.kind())), "{json}");
            assert_eq!(serde_json::from_str::<Proposal>(&json).unwrap(), proposal);
        }
    }
}
