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
            /// Somebody else has changed or moved it on.
            BulkChanged = "D-102", Untouched,
            "データの内容の変更",
            "表示のあとで、データの内容または状態が変わりました。何も変更していません。",
            "いまの内容をもう一度お確かめのうえ、お手続きください。";
            /// It is asked for, approved or over.
            BulkNotPossible = "D-103", Untouched,
            "変更できないデータ",
            "このデータは、いまの状態では変更や承認の依頼ができません。",
            "承認待ちのデータは、引き戻すと直せます。承認されたデータは取り消せません。";
            /// More rows than one transmission may have (R113, R114, R116).
            BulkTooMany = "D-104", Untouched,
            "1回に送れる件数の上限",
            "1回に送れる件数を超えます。",
            "データを分けて作成してください。送れる件数は「データ伝送」の画面に出ています。";
            /// Rows are missing or faulty.
            BulkRows = "D-105", Untouched,
            "明細の不足または誤り",
            "明細がそろっていないため、承認を依頼できません。",
            "データの画面で明細を加えるか、誤りのある明細を直してから、もう一度お手続きください。";
            /// The day is over, closed or too far ahead (R120).
            BulkDay = "D-106", Untouched,
            "データ伝送の指定日",
            "この日は指定できません。",
            "承認の期限に間に合う銀行営業日を選んで、もう一度お手続きください。";
            /// Nothing of a file was taken in.
            BulkFile = "D-107", Untouched,
            "読み込めないファイル",
            "ファイルを読み込めませんでした。データは作成していません。",
            "誤りの一覧で場所と直しかたを確かめ、ファイルを作り直してから、もう一度お送りください。";
            /// The same file was sent before.
            BulkSameFile = "D-108", Untouched,
            "送信済みのファイル",
            "同じ内容のファイルを、すでに受け付けています。",
            "二重に送ろうとしていないか確かめてください。それでも送るときは、送信済みと分かったうえで送ることを選んでください。";
        }
    };
}
pub(super) use with_bulk;
