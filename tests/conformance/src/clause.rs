//! The clauses, as `docs/protocol/README.md` and `docs/guides/information-link.md` have them in their headings.

use serde::{Deserialize, Serialize};

/// The page of the protocol.
const PROTOCOL: &str = "docs/protocol/README.md";
/// The page of the information link.
const LINK: &str = "docs/guides/information-link.md";

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident = $heading:literal;)*) => {
        /// A heading of one of the pages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum Clause {
            $($(#[$doc])* $name,)*
        }

        impl Clause {
            /// Every one, in the order of the pages.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The heading, word for word.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$name => $heading),* }
            }

            /// The page that has it.
            pub const fn page(self) -> &'static str {
                match self {
                    Self::LinkForm | Self::HandOff | Self::LinkRefusals | Self::LinkKeys | Self::LinkProof => LINK,
                    _ => PROTOCOL,
                }
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
    /// 情報リンク: what the browser sends.
    LinkForm = "The form";
    /// 情報リンク: how the hand-off is sealed, and what is in it.
    HandOff = "The hand-off";
    /// 情報リンク: what makes a bank refuse it.
    LinkRefusals = "What the bank refuses";
    /// 情報リンク: the shared keys.
    LinkKeys = "Keys";
    /// 情報リンク: that a return is no payment.
    LinkProof = "What proves payment";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clause_is_one_heading_of_its_page() {
        let (protocol, link) = (
            include_str!("../../../docs/protocol/README.md"),
            include_str!("../../../docs/guides/information-link.md"),
        );
        for clause in Clause::ALL {
            let page = if clause.page() == LINK { link } else { protocol };
            let count = page
                .lines()
                .filter(|line| line.trim_start_matches('#').strip_prefix(' ') == Some(clause.heading()))
                .filter(|line| line.starts_with('#'))
                .count();
            assert_eq!(count, 1, "{}", clause.heading());
        }
    }
}
