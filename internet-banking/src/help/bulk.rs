//! The codes of データ伝送, before those of transfers in the table.

/// Hands the table on with the codes of データ伝送 behind it.
macro_rules! with_bulk {
    ($($others:tt)*) => {
        $crate::help::transfers::with_transfers! {
            $($others)*
            /// Outside the hours of the business (R110).
            BulkClosed = "D-101", Untouched,
            "データ伝送の取扱時間外",
            "この業務の取扱時間外です。",
            "取扱時間は「データ伝送」の画面に出ています。取扱時間内に、もう一度お手続きください。";
        }
    };
}
pub(super) use with_bulk;
