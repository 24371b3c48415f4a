//! What the teller is told, and what the payer gets, in each state of a counter payment.

use domain::payment::{Cancellation, State};

use crate::help::ConsoleCode;

/// The paper of a payment: what it is called, and what it tells whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its name.
    pub title: &'static str,
    /// What the cash is called on it.
    pub cash_label: &'static str,
    /// What it tells the payer.
    pub payer: &'static str,
    /// What the teller does with the cash and says.
    pub teller: &'static str,
    /// The help page, where the state is a trouble.
    pub help: Option<ConsoleCode>,
}

/// While the collector is asked to take it back, the payer gets nothing: neither paper nor cash.
const CANCELLING: Paper = Paper {
    title: "払込の取消し手続き中",
    cash_label: "お預かりした現金",
    payer: "この払込の取消しを収納機関に依頼しています。取消しの結果はまだ出ていません。",
    teller: "取消しの結果を確認中です。結果が出るまで、現金を返さず、受領証も渡さないでください。",
    help: Some(ConsoleCode::CancellationOpen),
};

/// What the payer gets to see.
pub fn paper(state: State, cancellation: Option<Cancellation>) -> Paper {
    match state {
        State::Accepted if cancellation.is_some_and(Cancellation::is_open) => CANCELLING,
        State::Accepted | State::Settled => Paper {
            title: "払込金受領証",
            cash_label: "現金受取額",
            payer: "上記の金額を受領し、収納機関へ通知しました。",
            teller: "収納しました。この受領証を印刷して、払込人に渡してください。",
            help: None,
        },
        State::Held | State::Sending | State::Unknown => Paper {
            title: "払込金預り証",
            cash_label: "お預かりした現金",
            payer: "上記の現金をお預かりし、収納機関の受付結果を確認しています。払込はまだ完了していません。\
                    結果が分かりしだいご連絡します。重ねて払い込まないでください。",
            teller: "現金は預かったままにし、払込人に返さないでください。結果を確認中です。\
                     払込人にこの預り証を渡し、結果が分かりしだい連絡することと、重ねて払い込まないことを伝えてください。",
            help: Some(ConsoleCode::CashChecking),
        },
        State::Rejected => Paper {
            title: "払込不成立のお知らせ",
            cash_label: "お返しする現金",
            payer: "収納機関が受け付けなかったため、払込は成立していません。現金をお返しします。\
                    理由は収納機関へお問い合わせください。",
            teller: "収納していません。現金を払込人に返し、払込が成立していないことを伝えてください。",
            help: Some(ConsoleCode::CounterRejected),
        },
        State::Voided | State::Expired | State::Inquired => Paper {
            title: "払込不成立のお知らせ",
            cash_label: "お返しする現金",
            payer: "収納機関へ送れなかったため、払込は成立していません。現金をお返しします。",
            teller: "収納していません。現金を払込人に返し、払込が成立していないことを伝えてください。",
            help: Some(ConsoleCode::CounterNotSent),
        },
        State::Cancelled => Paper {
            title: "払込取消しのお知らせ",
            cash_label: "お返しする現金",
            payer: "払込を取り消しました。現金をお返しします。",
            teller: "取消しが成立しました。現金を払込人に返し、渡してある受領証を回収してください。",
            help: None,
        },
        State::Refunded => Paper {
            title: "返金のお知らせ",
            cash_label: "お返しする現金",
            payer: "収納機関に払込の記録がないことを確かめたため、受領した現金を手数料とともにお返しします。\
                    払込は済んでいません。お支払いが必要な場合は、もう一度お手続きください。",
            teller: "収納を戻しました。現金を払込人に返し、渡してある受領証を回収して、\
                     払込が済んでいないことを伝えてください。",
            help: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cash_is_kept_while_the_outcome_is_open_and_goes_back_where_nothing_was_collected() {
        for state in State::ALL {
            let paper = paper(*state, None);
            assert_eq!(paper.teller.contains("返さないで"), state.is_open(), "{state}");
            let goes_back = !state.is_open() && !state.is_paid();
            assert_eq!(paper.cash_label == "お返しする現金", goes_back, "{state}");
            assert_eq!(paper.payer.contains("お返しします"), goes_back, "{state}");
            assert_eq!(paper.title == "払込金受領証", state.is_paid(), "{state}");
            for words in [paper.payer, paper.teller] {
                assert!(!words.contains("口座") && words.ends_with('。'), "{state}: {words}");
            }
        }
    }

    #[test]
    fn while_a_cancellation_is_open_nothing_is_handed_over() {
        for cancellation in Cancellation::ALL {
            let found = paper(State::Accepted, Some(*cancellation));
            assert_eq!(found == CANCELLING, cancellation.is_open(), "{cancellation:?}");
            assert_eq!(found.teller.contains("渡してください"), !cancellation.is_open(), "{cancellation:?}");
        }
        assert_eq!(paper(State::Cancelled, Some(Cancellation::Confirmed)), paper(State::Cancelled, None));
    }
}
