//! The clauses of the protocol, as `docs/protocol/README.md` has them in its headings.

use serde::{Deserialize, Serialize};

/// The page that has them.
pub const PAGE: &str = "docs/protocol/README.md";

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident = $heading:literal;)*) => {
        /// A heading of the protocol's page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum Clause {
            $($(#[$doc])* $name,)*
        }

        impl Clause {
            /// Every one, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The heading, word for word.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$name => $heading),* }
            }
        }
    };
}

clauses! {
    /// Transport, sizes, times, status codes.
    Http = "HTTP";
    /// RFC 9421 and RFC 9530, both ways.
    Signatures = "Signatures";
    /// XML, schema, one way to write each value.
    Messages = "Messages";
    /// Key, sender and receiver.
    Header = "Header";
    /// 照会.
    Inquiry = "Inquiry (照会) → InquiryAnswer (照会応答)";
    /// 消込.
    Clearing = "Clearing (消込) → ClearingAnswer (消込応答)";
    /// 再送確認.
    ResendConfirmation = "ResendConfirmation (再送確認) → ClearingAnswer";
    /// 取消.
    Cancellation = "Cancellation (取消) → CancellationAnswer (取消応答)";
    /// 開局, 予備閉局, 閉局.
    Days = "Open (開局), PreClose (予備閉局) → ServiceAnswer; Close (閉局) → CounterAnswer";
    /// 収納カウンタ and 消込明細.
    Counter = "Counter (収納カウンタ) → CounterAnswer; Lines (消込明細) → LinesAnswer";
    /// 資金決済通知.
    SettlementAdvice = "SettlementAdvice (資金決済通知) → SettlementAdviceAnswer";
    /// Another receiver, another collector, a bank without a contract.
    NotForYou = "Requests that are not for you";
    /// Once under a key, with its answer, for ever.
    Record = "What a collector must record";
    /// What a code may be an answer to.
    Codes = "Codes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clause_is_one_heading_of_the_protocol() {
        let page = include_str!("../../../docs/protocol/README.md");
        for clause in Clause::ALL {
            let count = page
                .lines()
                .filter(|line| line.trim_start_matches('#').strip_prefix(' ') == Some(clause.heading()))
                .filter(|line| line.starts_with('#'))
                .count();
            assert_eq!(count, 1, "{}", clause.heading());
        }
    }
}
