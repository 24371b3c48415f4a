//! What is open at the hub: nothing is wrong with it, and somebody has to see to it.

use domain::Date;

use crate::reconciliation::BreakQuery;
use crate::settlement::{NetPaymentQuery, SettlementWindow, WindowQuery, WindowState};
use crate::{Gateway, StoreError};

/// Items of each kind that are named.
const ITEMS_MAX: u32 = 500;
/// Days of windows that are looked at, today's among them.
const WINDOW_DAYS: usize = 62;

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWork {
    /// What: `unknown-payment`, `unknown-cancellation`, `open-break`, `open-window`, `unpaid-window`.
    pub what: &'static str,
    /// Which one, by the number that pages show.
    pub subject: String,
    /// In words.
    pub detail: String,
}

impl Gateway {
    /// Payments and cancellations without a known outcome, open breaks, and windows that are not settled: at most 500
    /// of each.
    pub async fn all_open(&self) -> Result<Vec<OpenWork>, StoreError> {
        let mut open = Vec::new();
        for unknown in self.unknown_payments(None, ITEMS_MAX).await? {
            let facts = &unknown.payment.facts;
            open.push(OpenWork {
                what: "unknown-payment",
                subject: facts.receipt_number.clone(),
                detail: format!(
                    "{} yen to {}, without a known outcome since {}",
                    facts.amount, facts.collector, unknown.unknown_since
                ),
            });
        }
        for unknown in self.unknown_cancellations(None, ITEMS_MAX).await? {
            let facts = &unknown.payment.facts;
            open.push(OpenWork {
                what: "unknown-cancellation",
                subject: facts.receipt_number.clone(),
                detail: format!(
                    "{} yen to {}, cancellation {} requested at {}",
                    facts.amount, facts.collector, unknown.key, unknown.requested.0
                ),
            });
        }
        let breaks = BreakQuery { open_only: true, limit: ITEMS_MAX, ..BreakQuery::default() };
        for found in self.breaks(&breaks).await? {
            let (day, class) = (format!("{}/{}", found.collector, found.date), found.class.as_str());
            open.push(OpenWork {
                what: "open-break",
                subject: format!("{day}/{}", found.subject),
                detail: format!("{class}, {} yen at the collector less yen here", found.difference),
            });
        }
        open.extend(self.open_windows().await?);
        Ok(open)
    }

    async fn open_windows(&self) -> Result<Vec<OpenWork>, StoreError> {
        let until = self.now().date();
        let from = std::iter::successors(Some(until), Date::pred_opt).nth(WINDOW_DAYS - 1).unwrap_or(until);
        let windows = self.settlement_windows(&WindowQuery { from, until, collector: None }).await?;
        let not_closed = windows.iter().filter(|window| window.state != WindowState::Closed);
        let mut open: Vec<OpenWork> = not_closed.map(of_window).collect();
        let unpaid = NetPaymentQuery { paid: Some(false), limit: ITEMS_MAX, ..NetPaymentQuery::default() };
        for due in self.net_payments(&unpaid).await? {
            let pay_date = due.pay_date.map(|date| date.to_string()).unwrap_or_default();
            open.push(OpenWork {
                what: "unpaid-window",
                subject: due.number(),
                detail: format!("{} yen, due on {pay_date}", due.payable()),
            });
        }
        Ok(open)
    }
}

fn of_window(window: &SettlementWindow) -> OpenWork {
    let earlier = window.earlier_open.map(|date| format!("the window of {date} has to be closed first"));
    let hindrances = earlier.into_iter().chain(window.obstacles.iter().map(ToString::to_string));
    let hindrances: Vec<String> = hindrances.collect();
    let why = if hindrances.is_empty() { "about to be closed".to_owned() } else { hindrances.join("; ") };
    OpenWork {
        what: "open-window",
        subject: crate::settlement::number(&window.collector, window.date),
        detail: format!("{} payments, {} yen: {why}", window.sums.count, window.sums.amount),
    }
}
