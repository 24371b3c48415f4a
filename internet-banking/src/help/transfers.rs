//! The codes of payees and transfers, behind all others in the table.

/// Hands the table on with the codes of payees and transfers behind it.
macro_rules! with_transfers {
    ($($others:tt)*) => {
        $crate::help::table::codes! {
            $($others)*
            /// The contract has the account registered.
            PayeeThere = "B-101", Untouched,
            "登録済みの振込先口座",
            "この口座は、振込先としてすでに登録されています。",
            "一覧から、登録済みの振込先の内容をお確かめください。";
            /// The contract has as many payees as it may.
            PayeesTooMany = "B-102", Untouched,
            "振込先の件数の上限",
            "登録できる振込先の件数を超えます。",
            "使わない振込先を削除してから、もう一度登録してください。";
            /// The payee is another by now.
            PayeeChanged = "B-103", Untouched,
            "振込先の内容の変更",
            "表示のあとで、振込先の内容がほかの方に変更されました。何も登録していません。",
            "いまの内容をもう一度お確かめのうえ、お手続きください。";
            /// The day is over, closed or too far ahead.
            TransferDay = "F-101", Untouched,
            "指定できない日",
            "この日は、振込・振替の指定日にできません。",
            "翌営業日から14営業日先までの営業日を選んで、もう一度お手続きください。";
            /// The cut-off of the day has passed (R85).
            TransferCutOff = "F-102", Untouched,
            "本日扱いの受付時限",
            "本日扱いの受付は終了しました。",
            "受付の終了時刻は、「振込・振替」の画面に出ています。翌営業日以降を選んで、もう一度お手続きください。";
            /// Typed payees are not paid on the same day (R86).
            TransferTypedSameDay = "F-103", Untouched,
            "都度指定の本日扱い",
            "口座を入力した振込先(都度指定)へは、本日扱いの振込・振替ができません。",
            "翌営業日以降を選んでください。電子証明書方式のご契約では、書面のお申し込みにより本日扱いもご利用になれます。";
            /// A limit would be passed (R96, R97).
            TransferLimit = "F-104", Untouched,
            "振込・振替の限度額",
            "振込・振替の限度額を超えます。",
            "金額を減らしてください。1日の限度額を超えるときは、別の日にもお手続きいただけます。1日の限度額は、指定日にかかわらず、お手続きした日の合計で数えます。ご契約の限度額の変更は、お取引店に書面でお申し出ください。";
            /// Too little money.
            TransferShortage = "F-105", Untouched,
            "引落口座の残高不足",
            "引落口座の支払可能額が、振込・振替の金額に足りません。",
            "口座にご入金になるか、別の口座または別の指定日を選んで、もう一度お手続きください。";
            /// There is no such account at this bank.
            PayeeAccountNone = "F-106", Untouched,
            "当行にない口座",
            "入力された当行の口座はありません。",
            "支店、預金種目、口座番号を振込先にお確かめのうえ、もう一度入力してください。";
            /// Debit and credit are one account.
            TransferSameAccount = "F-107", Untouched,
            "同じ口座の指定",
            "引落口座と入金口座が同じです。",
            "別の口座を選んでください。";
            /// One of the accounts is closed.
            TransferAccountClosed = "F-108", Untouched,
            "お取り扱いできない口座",
            "引落口座または入金口座が解約されているか、お取引を停止しています。",
            "別の口座を選ぶか、お取引店へお問い合わせください。";
            /// The payee is not filed, or another one by now.
            PayeeGone = "F-109", Untouched,
            "変わった振込先",
            "選ばれた振込先は、登録がないか、登録の内容が変わっています。",
            "振込先の選択から、もう一度お手続きください。";
            /// The page that was sent is not the one last reviewed.
            TransferChanged = "F-110", Untouched,
            "振込・振替の内容の変更",
            "別の画面で内容が変更されたか、ご契約の利用者の登録などが変わったため、受け付けませんでした。",
            "いま表示されている内容をもう一度ご確認のうえ、お手続きください。";
            /// The entry was left for too long.
            TransferExpired = "F-111", Untouched,
            "振込・振替の手続きの時間切れ",
            "最後の操作から70日を過ぎたため、この手続きは終了しました。",
            "振込先の選択から、もう一度お手続きください。";
            /// The order cannot be taken back any more.
            TransferTooLate = "F-112", UntouchedByThis,
            "取り消せない振込・振替",
            "この振込・振替は取り消せません。取消しは、予約した指定日の前日までです。",
            "実行した振込は、組戻しを依頼できます。振込・振替の一覧で、いまの状態をご確認ください。";
            /// Nobody else has the money of the order.
            RecallNotPossible = "F-113", UntouchedByThis,
            "組戻しを依頼できない振込",
            "この振込・振替は、組戻しを依頼できません。実行した振込だけが対象です。",
            "振込・振替の一覧で、いまの状態をご確認ください。";
            /// The fee of the table is another than the one that was shown.
            TransferFeeChanged = "F-114", Untouched,
            "振込手数料の変更",
            "内容を確認されたあとに振込手数料が変わったため、受け付けませんでした。",
            "いまの手数料をご確認のうえ、よろしければもう一度お手続きください。金額や日付も変更できます。";
            /// The recall of another bank is answered, or its deadline has passed.
            RecallAnswered = "F-115", UntouchedByThis,
            "回答済みの組戻しの依頼",
            "この組戻しの依頼には、すでに回答があるか、回答の期限が過ぎています。",
            "組戻しの依頼の一覧で、いまの状態をご確認ください。";
            /// The account's holder has another name than was typed, and nobody has confirmed that.
            TransferNameUnconfirmed = "F-116", Untouched,
            "受取人名と口座の名義の違い",
            "口座の名義が、入力された受取人名と違います。",
            "口座番号と受取人名を請求書などで確かめてください。間違いがなければ、確認の欄に印を付けてお手続きください。";
            /// Our own failure at the moment of the order.
            TransferUnclear = "F-191", TransferUnclear,
            "振込・振替の受付を確認できません",
            "当行のシステムの都合により、振込・振替を受け付けたかどうかを確認できませんでした。",
            "やり直す前に、振込・振替の一覧でこの振込・振替があるかどうかを必ずご確認ください。";
            /// The money is held, and what the network did is not known yet.
            TransferOutcomeUnknown = "F-201", Held,
            "振込の結果を確認中",
            "振込を送りましたが、銀行間ネットワークの受付結果がまだ確認できていません。",
            "もう一度振り込まないでください。当行が確認します。結果は振込・振替の一覧でご確認になれます。";
            /// The network refused; the hold was released.
            TransferRejected = "F-202", Released,
            "銀行間ネットワークによる受付不可",
            "銀行間ネットワークが振込を受け付けませんでした。",
            "振込先の銀行・支店・口座を確かめ、もう一度お手続きください。";
            /// A reservation could not be carried out.
            TransferFailed = "F-203", UntouchedByThis,
            "予約した振込・振替の不能",
            "予約した振込・振替を、指定日に実行できませんでした。",
            "理由を確かめ、振込・振替の詳細の「もう一度」から、内容を直してお手続きください。";
            /// The payee's bank sent the money back.
            TransferReturned = "F-204", TransferBack,
            "振込金の返却",
            "振込先の銀行が口座に入金できなかったか、組戻しにより、振込金額が戻りました。",
            "口座と受取人名を振込先に確かめ、振込・振替の詳細の「もう一度」から、内容を直してお手続きください。";
        }
    };
}
pub(super) use with_transfers;
