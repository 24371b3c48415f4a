//! The console's table of error codes. An error of a page names a [`ConsoleCode`], so none can be without its
//! explanation.

use internet_banking::help::code_table;

use crate::links::ConsoleHelpLink;

/// What became of the customer's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleMoney {
    /// The operation was not begun.
    Untouched,
    /// The operation moves no money.
    None,
    /// Held as before.
    StaysHeld,
    /// Nothing was collected at the counter.
    NotCollected,
    /// Whether it was collected at the counter is not known yet.
    CashKept,
    /// It is not known whether the operation took place.
    Unclear,
}

impl ConsoleMoney {
    /// The sentence that every error shows.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Untouched => "操作は行われていません。この操作でお金は動いていません。",
            Self::None => "この操作でお金は動きません。",
            Self::StaysHeld => "払込の金額は確保されたままです。この操作では引き落としも解除もしていません。",
            Self::NotCollected => {
                "この受付では収納していません。現金は受け取らず、受け取った場合は払込人に返してください。"
            }
            Self::CashKept => "収納の結果を確認中です。現金は預かったままにし、払込人に返さないでください。",
            Self::Unclear => "お金が動いたかどうかは、対象の画面で確かめてください。",
        }
    }
}

code_table! {
    ConsoleCode, ConsoleMoney, ConsoleHelpLink;
    /// A field is empty or cannot be what it should be.
    Input = "S-100", Untouched,
    "入力の誤り",
    "入力された内容に、けた数や文字の誤り、または入力もれがあります。",
    "赤で示した項目を直して、もう一度操作してください。";
    /// The role does not do this.
    NotPermitted = "S-101", Untouched,
    "権限のない操作",
    "この操作は、お使いの職員の役割では行えません。起票と窓口収納は起票者、承認と差戻しは承認者が行います。",
    "行える役割の職員に依頼してください。";
    /// It does not exist, or does no more.
    NotThere = "S-102", Untouched,
    "対象なし",
    "操作の対象が見つかりませんでした。",
    "一覧の画面から選び直してください。";
    /// The checker is the maker.
    OwnRequest = "S-201", Untouched,
    "自分の起票の承認",
    "起票した本人は、その起票を承認することも差し戻すこともできません。",
    "別の承認者に依頼してください。取り下げる場合は、承認待ちの画面で取り下げてください。";
    /// Somebody decided before.
    RequestDecided = "S-202", Untouched,
    "処理済みの起票",
    "この起票は、すでに承認、差戻し、または取下げされています。今回の操作は受け付けていません。",
    "起票の画面で、だれがどう処理したかを確かめてください。";
    /// The processing day is over.
    RequestExpired = "S-203", Untouched,
    "期限切れの起票",
    "起票の有効期限(起票した処理日の終わり)を過ぎたため、処理できません。",
    "まだ必要な場合は、起票者がもう一度起票してください。";
    /// There is an open one about the same thing.
    RequestOpen = "S-204", Untouched,
    "承認待ちの起票あり",
    "同じ対象について、承認待ちの起票がすでにあります。二重には起票できません。",
    "続けて2回送信した場合は、先の起票を受け付けています。承認待ちの画面で確かめ、改める場合は、起票した本人が取り下げてから起票してください。";
    /// Only the maker withdraws.
    NotYourRequest = "S-205", Untouched,
    "ほかの職員の起票",
    "起票を取り下げられるのは、起票した本人だけです。",
    "起票した本人に依頼するか、承認者が差し戻してください。";
    /// The payment's outcome is known.
    NotUnknown = "S-301", Untouched,
    "結果不明でない払込",
    "この払込の結果は、すでに確定しています。",
    "払込の画面で、いまの状態と経過を確かめてください。";
    /// A delivery is under way.
    Delivering = "S-302", StaysHeld,
    "送信中の払込",
    "いま収納機関へ送信しているところです。",
    "送信の結果を待ってから、画面を開き直してください。";
    /// The last delivery is too fresh.
    TooSoon = "S-303", StaysHeld,
    "間隔が短すぎる操作",
    "前の送信から間がないため、まだ行えません。「消込なし」での確定は、最後の送信から395秒たってから行えます(画面の営業時刻でなく、実際の経過時間です)。",
    "表示された時間を待ってから、もう一度操作してください。自動再送が続いている間は、送信のたびに待ち時間を数え直します。";
    /// An answer or another person came first.
    Moved = "S-304", Untouched,
    "先に状態が変わった払込",
    "操作の直前に、収納機関の応答またはほかの職員の操作で、払込の状態が変わりました。今回の操作は行っていません。",
    "払込の画面で、いまの状態を確かめてください。";
    /// The collector was asked before the last delivery.
    AskedAgain = "S-305", StaysHeld,
    "照会の後に再送された払込",
    "収納機関に照会した後に、もう一度送信されています。照会の回答が「なし」でも、その後の送信で処理された可能性があるため、この起票では確定できません。",
    "承認待ちの起票は差し戻すか、起票者が取り下げてください。収納機関にもう一度照会し、その回答を改めて起票してください。";
    /// The stop is lifted, or another one came.
    StopChanged = "S-306", None,
    "停止の状態の変化",
    "この停止は、すでに解除されたか、その後に新しい停止が加わっています。",
    "利用者の画面で、いまの状態を確かめてください。解除がまだ必要な場合は、改めて起票してください。";
    /// The contract is not as it was seen.
    ContractChanged = "S-307", None,
    "契約の内容の変更",
    "画面を表示した後、または起票した後に、この契約の内容が変わりました。",
    "契約の画面で、いまの内容を確かめてください。手続きがまだ必要な場合は、改めて起票してください。";
    /// The procedure is none of a contract in this state.
    ContractState = "S-321", None,
    "この契約ではできない手続き",
    "契約のいまの状態では、この手続きはできません。",
    "契約の画面で、状態とできる手続きを確かめてください。";
    /// The bank has no such account.
    AccountUnknown = "S-322", None,
    "見つからない口座",
    "入力された口座は、当行にありません。",
    "申込書の店番、科目、口座番号を確かめて、もう一度入力してください。";
    /// The account is in another FB contract.
    AccountInFb = "S-323", None,
    "ほかのFB契約の対象口座",
    "入力された口座は、ほかのFB契約の会計情報・資金移動の対象です。2つのFB契約の対象にすることはできません。",
    "ほかの契約を解約するか対象から外してから、もう一度起票してください。当行の契約は「契約」の画面、ほかの契約は「ほかのFB契約の口座」の画面で確かめられます。";
    /// The emergency stop is lifted.
    EmergencyLifted = "S-325", None,
    "解除済みの緊急停止",
    "この緊急停止は、すでに解除されています。",
    "緊急停止の画面で、いま停止しているものを確かめてください。";
    /// The setting is not as it was seen, or the value is none of it.
    SettingChanged = "S-326", None,
    "設定の値の変更",
    "起票した後に設定の値が変わったか、開始日を過ぎたか、値が設定に合いません。",
    "設定の画面で、いまの値と履歴を確かめてください。変更がまだ必要な場合は、改めて起票してください。";
    /// The keys are not as they were seen.
    KeyChanged = "S-327", None,
    "鍵の状態の変化",
    "この鍵は、この手続きのできる状態ではないか、開始日を過ぎています。起票した後に変わったこともあります。",
    "鍵と認証局の画面で、いまの状態を確かめてください。手続きがまだ必要な場合は、改めて起票してください。";
    /// Tokens' secrets are still under the key.
    KeyInUse = "S-328", None,
    "使われている鍵の使用終了",
    "この鍵で暗号化しているトークンの秘密が残っているため、使用を終了できません。",
    "新しい鍵での暗号化は自動で進みます。鍵と認証局の画面で残りが0個になってから、もう一度起票してください。";
    /// Messages under the key may be under way.
    KeySigning = "S-329", None,
    "届く途中の電文がある署名鍵の使用終了",
    "次の鍵の使用を開始してから5分が過ぎていません。前の鍵で署名した電文が、届く途中かもしれません。",
    "5分が過ぎてから、もう一度起票してください。";
    /// The delivery is not as it was seen.
    DeliveryChanged = "S-330", None,
    "受け入れられない納品",
    "この納品は、すでに在庫に入っているか、受信したファイルが起票したときと違います。",
    "トークンの在庫の画面で、納品の状態を確かめてください。";
    /// A person, a login ID or a token that another member of staff has, or nobody to be suspended.
    StaffTaken = "S-331", None,
    "登録できない職員",
    "職員番号・職員ID・トークンのいずれかが使えないか、対象の職員がもう利用中ではありません。",
    "職員の一覧で登録を確かめ、違うところを直して、もう一度起票してください。";
    /// No 初期設定番号 waits to be printed.
    NoticePrinted = "S-324", None,
    "印刷できる初期設定番号なし",
    "初期設定番号の通知書は、承認1回につき1回だけ印刷できます。すでに印刷されたか、承認された手続きがありません。",
    "届かない、または印刷できなかったときは、初期設定番号の再発行を起票してください。";
    /// The token is not as it was seen.
    TokenChanged = "S-308", None,
    "トークンの状態の変化",
    "このトークンは、この手続きのできる状態ではありません。起票した後に変わったこともあります。",
    "契約のトークンの画面で、いまの状態を確かめてください。手続きがまだ必要な場合は、改めて起票してください。";
    /// The bank has no token to send out.
    NoTokenInStock = "S-309", None,
    "トークンの在庫なし",
    "当行にトークンの在庫がないため、発送できません。",
    "在庫が届いてから、改めて承認または起票してください。";
    /// It was not made at the counter.
    NotFromCounter = "S-401", Untouched,
    "窓口以外の払込の取消し",
    "この払込は窓口で受け付けたものではないため、取り消せません。",
    "インターネットバンキングの払込の返金は、収納機関とお客さまの間で行います。";
    /// It is not accepted.
    NotAccepted = "S-402", Untouched,
    "取り消せない状態の払込",
    "収納済みの払込だけを取り消せます。",
    "払込の画面で、いまの状態を確かめてください。";
    /// One is open already.
    CancellationOpen = "S-403", Untouched,
    "取消しの手続き中",
    "この払込の取消しは、すでに収納機関に依頼しています。",
    "払込の画面で取消しの結果を確かめてください。";
    /// Its day is over.
    DayOver = "S-404", Untouched,
    "当日を過ぎた取消し",
    "窓口収納を取り消せるのは、領収日の当日だけです。",
    "収納機関に返金の手続きを照会してください。";
    /// The collector has closed the day.
    CollectorClosed = "S-405", Untouched,
    "収納機関の閉局後",
    "収納機関が閉局しているか、取扱時間外のため、依頼できません。",
    "開局・閉局の画面で状況を確かめてください。";
    /// A field of the counter's pages is empty or cannot be what it should be.
    CounterInput = "S-410", NotCollected,
    "窓口収納の入力の誤り",
    "入力された内容に、けた数や文字の誤り、または入力もれがあります。",
    "赤で示した項目を払込書と照らし合わせて直し、もう一度進んでください。";
    /// No collector has the number.
    UnknownCollector = "S-411", NotCollected,
    "収納機関番号の誤り",
    "入力された収納機関番号の収納機関は見つかりませんでした。",
    "払込書の「収納機関番号」(5けた)を確かめてください。";
    /// The collector cannot be paid by typing numbers, or is not connected yet.
    NotTakenHere = "S-412", NotCollected,
    "番号の入力で扱えない収納機関",
    "この収納機関の払込は、番号を入力しての取扱いをしていません。",
    "払込人に、払込書に書かれた別のお支払い方法を案内してください。";
    /// The collector has no contract with the bank.
    NotContracted = "S-413", NotCollected,
    "当行との契約がない収納機関",
    "収納機関から、当行では取り扱えないとの回答がありました。",
    "払込人に、ほかの金融機関か、払込書に書かれた別のお支払い方法を案内してください。";
    /// The slip cannot be paid at a counter.
    NotAtCounter = "S-414", NotCollected,
    "窓口で払い込めない払込書",
    "収納機関から、この払込書は窓口では払い込めないとの回答がありました。",
    "払込人に、払込書に書かれた別のお支払い方法を案内してください。";
    /// The collector is closed.
    CounterClosed = "S-415", NotCollected,
    "収納機関の取扱時間外の受付",
    "収納機関が閉局しているか、取扱時間外です。",
    "払込人に取扱時間を伝え、時間内にもう一度お越しいただくか、別のお支払い方法を案内してください。";
    /// The bank takes nothing for the collector for a while.
    CounterSuspended = "S-435", NotCollected,
    "休止している収納機関の受付",
    "この収納機関の取扱いを休止しています。",
    "払込人に休止の理由と再開の日を伝え、払込書に書かれた別のお支払い方法を案内してください。取扱いは「設定」の「収納機関」で確かめられます。";
    /// 納付番号 or 確認番号.
    NumbersWrong = "S-416", NotCollected,
    "納付番号・確認番号の誤り",
    "納付番号(お客様番号)または確認番号に誤りがあります。",
    "払込書の番号と照らし合わせて、入力し直してください。番号が合っている場合は、収納機関への照会を払込人に案内してください。";
    /// 納付区分.
    CategoryWrong = "S-417", NotCollected,
    "納付区分の誤り",
    "納付区分に誤りがあります。",
    "払込書の納付区分と照らし合わせて、入力し直してください。";
    /// The collector has no such bill.
    BillNotObtained = "S-418", NotCollected,
    "請求情報なし",
    "収納機関から請求の内容を取得できませんでした。",
    "払込書の番号を確かめてください。番号が合っている場合は、収納機関への照会を払込人に案内してください。";
    /// The bill is paid.
    AlreadyPaid = "S-419", NotCollected,
    "支払済みの請求",
    "この番号の請求は、すでに支払われています。",
    "現金を返す前に、「本日の窓口収納」にこの払込がないかを確かめてください。あるときは、その受付番号の書面に従い、収納した現金を返さないでください。\
     ないときは、重ねての払込になることを払込人に伝えてください。心当たりがない場合は、収納機関への照会を案内してください。";
    /// Too late.
    SlipExpired = "S-420", NotCollected,
    "払込の期限切れ",
    "払込の期限を過ぎているため、収納できません。",
    "期限後の払込み方について、収納機関への照会を払込人に案内してください。";
    /// Too early.
    NotYetPayable = "S-421", NotCollected,
    "払込の受付開始前",
    "この請求は、まだ払い込める期間になっていません。",
    "払込書の払込期間を払込人に伝え、期間になってからお越しいただいてください。";
    /// The collector answers no more for the number.
    NumberStopped = "S-434", NotCollected,
    "収納機関による照会の停止",
    "番号の誤りが続いたため、収納機関がこの番号の照会を停止しています。当行の停止ではありません。",
    "再開の手続きを収納機関に確かめるよう、払込人に伝えてください。";
    /// The typed amount.
    AmountDiffers = "S-422", NotCollected,
    "金額の相違",
    "入力された金額が、収納機関の請求と一致しません。",
    "払込書の金額を確かめて、入力し直してください。";
    /// The collector is silent or busy.
    NoAnswer = "S-423", NotCollected,
    "収納機関の応答なし",
    "収納機関から応答がないか、収納機関への処理が混み合っています。",
    "しばらくしてから、もう一度操作してください。払込人には、お待ちいただくか、別のお支払い方法を案内してください。";
    /// The collector's own failure.
    CollectorFailed = "S-424", NotCollected,
    "収納機関のエラー",
    "収納機関の側で処理ができませんでした。",
    "しばらくしてから、もう一度照会してください。続く場合は、別のお支払い方法を払込人に案内してください。";
    /// The inquiry or the entry is too old.
    EntryExpired = "S-425", NotCollected,
    "窓口収納の入力の期限切れ",
    "照会の回答(15分)または入力(30分)の有効な時間を過ぎました。",
    "番号の入力からやり直してください。払込人には、そのままお待ちいただくよう伝えてください。";
    /// What was reviewed is not what the inquiry found.
    BillChanged = "S-426", NotCollected,
    "請求内容の相違",
    "確認した請求または金額が、収納機関の回答と一致しません。",
    "番号の入力からやり直し、払込人と金額を確かめ直してから収納してください。";
    /// Another payment has the bill.
    BillBusy = "S-427", NotCollected,
    "ほかで手続き中の請求",
    "同じ請求が、ほかの払込で手続き中か、すでに払い込まれています。",
    "現金を返す前に、「本日の窓口収納」にこの払込がないかを確かめてください。あるときは、その受付番号の書面に従い、収納した現金を返さないでください。\
     ないときは、払込人に、別の方法で払い込んでいないかを確かめてください。先の払込の結果は、払込検索で確かめられます。";
    /// The page that was sent is not the one last reviewed.
    ReviewOutdated = "S-428", NotCollected,
    "確認した後に変わった内容",
    "この画面を表示した後に、別の画面で請求が選び直されました。",
    "いま表示している内容と金額を払込人と確かめ直してから、収納してください。";
    /// Our own failure before anything was collected.
    CounterUnavailable = "S-429", NotCollected,
    "窓口収納の一時的な取扱不可",
    "システムの都合により、受け付けられませんでした。",
    "しばらくしてから、もう一度操作してください。続く場合はシステム担当へ連絡し、払込人には別のお支払い方法を案内してください。";
    /// Our own failure at the moment of the payment.
    CashUnclear = "S-430", CashKept,
    "収納したかどうかを確認できません",
    "システムの都合により、収納されたかどうかを確認できませんでした。",
    "番号を入力し直さず、窓口収納の画面の「本日の窓口収納」で確かめてください。払込人には、確かめて連絡することを伝え、連絡先を控えてください。";
    /// The collector's answer is awaited.
    CashChecking = "S-431", CashKept,
    "結果確認中の窓口収納",
    "収納機関が受け付けたかどうかを確認しています。",
    "払込人には、結果が分かりしだい連絡すること、重ねて払い込まないことを伝え、預り証を渡して連絡先を控えてください。結果は「結果不明」の画面で確かめられます。";
    /// The collector refused the clearing.
    CounterRejected = "S-432", NotCollected,
    "収納機関の受付不可",
    "収納機関が受け付けなかったため、収納は成立しませんでした。",
    "払込人に不成立を伝え、理由については収納機関への照会を案内してください。";
    /// It could not be sent in time.
    CounterNotSent = "S-433", NotCollected,
    "窓口収納の不成立",
    "収納機関に送れないまま受付の時間が終わったため、収納は成立しませんでした。",
    "払込人に不成立を伝えてください。払込が必要な場合は、番号の入力からもう一度受け付けます。";
    /// The day only goes forward, and not from here.
    DayState = "S-501", None,
    "できない開局・閉局",
    "処理日は先にだけ進みます。いまの状態では、その操作はできません。",
    "開局・閉局の画面で、いまの状態を確かめてください。";
    /// Something of the day has no known outcome.
    DayBlocked = "S-502", None,
    "結果の分からない払込が残る閉局",
    "結果の分からない払込・取消しが残っているため、閉局できません。",
    "結果不明の画面から再送するか収納機関の回答を起票して解消してください。\
     解消を待てないときは、繰り越して閉局するように起票し直してください。";
    /// More is open than the maker had seen.
    DayChanged = "S-503", None,
    "起票の後に変わった処理日",
    "起票したときより、結果の分からない払込・取消し、または未解消の不一致が増えています。",
    "開局・閉局の画面でいまの内容を確かめ、この起票を差し戻すか取り下げて、起票し直してください。";
    /// Somebody else took a step at the same time.
    DayMoved = "S-504", None,
    "先に状態が変わった処理日",
    "同時に行われたほかの操作で、処理日の状態が変わりました。",
    "開局・閉局の画面でいまの状態を確かめ、まだ必要なら起票し直してください。";
    /// The collector said why not.
    CollectorRefused = "S-505", None,
    "収納機関の不受理",
    "収納機関が受け付けませんでした。",
    "応答の内容を収納機関に照会し、解消してからもう一度操作してください。";
    /// No answer that counts.
    CollectorSilent = "S-506", None,
    "開局・閉局への応答なし",
    "収納機関の応答を確認できませんでした。",
    "状況の画面で接続を確かめ、しばらくしてからもう一度操作してください。繰り返しても、二重に行われることはありません。";
    /// The break has ended before.
    BreakEnded = "S-601", None,
    "終わった不一致",
    "この不一致は、すでに解消されたか、後の照合で見つからなくなりました。",
    "不一致の画面で、だれがどう解消したかを確かめてください。";
    /// The break ends with its payment.
    BreakWaits = "S-602", None,
    "結果を待つ不一致",
    "払込の結果が分かっていないため、この不一致だけを解消することはできません。",
    "払込を再送するか、収納機関の回答を起票してください。結果が決まった後の照合で、自動で終わります。";
    /// The collector's books lack it, and it would be settled.
    BreakLacks = "S-603", None,
    "対応を書くだけでは終わらない不一致",
    "収納機関の記録が払込に足りないため、対応を書くだけでは解消できません。解消すると、記録のないお金を収納機関に支払うことになります。",
    "収納機関が記録したことを照合し直して確かめるか、払込人への返金を起票してください。";
    /// Nothing is lacking there.
    BreakLacksNothing = "S-604", Untouched,
    "収納機関の記録に不足のない不一致",
    "この不一致では、収納済みの払込が収納機関の記録に足りないことはないため、返金も記録の確認もできません。",
    "不一致の画面で両方の記録を確かめ、対応の内容を書いて解消を起票してください。";
    /// The money went on to the collector.
    RefundAfterSettlement = "S-605", Untouched,
    "資金決済に入った払込の返金",
    "この払込は資金決済に入り、お金は収納機関への支払いに含まれています。当行の勘定からは返金できません。",
    "収納機関に返戻を求め、払込人への返し方を収納機関と合意してください。その内容を書いて、不一致の解消を起票してください。";
    /// The collector may record it still.
    RefundBeforeClose = "S-606", Untouched,
    "閉局前の返金",
    "処理日を閉局する前は、収納機関がまだ記録することがあるため、返金できません。",
    "閉局の後の照合でも不一致が残ったときに、返金を起票してください。";
    /// The collector has a part of it.
    RefundOfPart = "S-607", Untouched,
    "収納機関に一部の記録がある払込の返金",
    "収納機関に、この処理通番で別の金額の記録があります。返金すると、その記録だけが残ります。",
    "収納機関に金額の訂正か消込の取消しを依頼し、照合し直してください。";
    /// Nothing is posted before the ledger is understood.
    RefundBlocked = "S-608", Untouched,
    "元帳の異常による返金の停止",
    "払込の状態と元帳の記録が合っていないため、返金できません。",
    "システム担当に、払込の識別番号を伝えて調査を依頼してください。";
    /// The money has nowhere to go back to.
    RefundToClosedAccount = "S-612", Untouched,
    "解約された口座への返金",
    "引き落とした口座が解約されているため、返金できません。不一致は残り、この払込は資金決済に入りません。",
    "お客さまに返金の受取り方を確かめ、事務統括の部署に扱いを照会してください。";
    /// It is still not there.
    StillLacking = "S-609", None,
    "収納機関の記録にない払込",
    "照合し直しましたが、収納機関の記録はまだ払込に足りません。不一致は終わっていません。",
    "収納機関に記録の状況を確かめてください。記録しないと回答されたときは、払込人への返金を起票してください。";
    /// It is there now.
    FoundThere = "S-610", Untouched,
    "収納機関の記録にあった払込",
    "照合し直したところ、収納機関の記録にこの払込がありました。不一致は終わり、返金は行っていません。",
    "不一致の画面で、照合で終わったことを確かめてください。払込は収納済みのままで、資金決済に入ります。";
    /// The books say something else now.
    BreakChanged = "S-611", Untouched,
    "照合で変わった不一致",
    "照合し直したところ、収納機関の記録が変わり、別の不一致になりました。この起票による操作は行っていません。",
    "不一致一覧で新しい不一致を開き、両方の記録を確かめて起票し直してください。";
    /// The counters may count what the lines lack.
    RefundCountersDiffer = "S-613", Untouched,
    "収納カウンタと消込明細が合わない日の返金",
    "収納機関の収納カウンタが、収納機関自身の消込明細の合計と合っていません。明細にない払込がカウンタに入っていることがあるため、返金できません。",
    "収納機関に明細とカウンタの差を調べてもらい、両方が合ってから照合し直してください。カウンタの不一致を解消しても、合うまでは返金できません。";
    /// A message of it may arrive still.
    RefundUnderWay = "S-614", Untouched,
    "電文が届くことのある払込の返金",
    "最後の送信から395秒たつまでは、送った電文が収納機関に届いて記録されることがあるため、返金できません。",
    "しばらく待ってから、もう一度操作してください。";
    /// It is closed.
    WindowClosed = "S-701", Untouched,
    "締め済みの資金決済",
    "この決済分は、すでに締めています。",
    "資金決済の画面で、いまの状態を確かめてください。";
    /// A day of it is not closed or compared, or an earlier window is open.
    WindowNotReady = "S-702", Untouched,
    "締められない資金決済",
    "閉局または照合の済んでいない日があるか、前の決済分を締めていないため、締められません。",
    "資金決済の画面に示された理由を解消してから、もう一度操作してください。";
    /// It is not due, or paid.
    NotPayable = "S-703", Untouched,
    "支払えない資金決済",
    "この決済分は、支払日になっていないか、まだ締めていないか、すでに支払っています。",
    "資金決済の画面で、支払日と状態を確かめてください。";
    /// Our own failure before anything was done.
    Unavailable = "S-901", Untouched,
    "一時的な取扱不可",
    "システムの都合により、操作を受け付けられませんでした。",
    "しばらくしてから、もう一度操作してください。続く場合はシステム担当へ連絡してください。";
    /// Our own failure at the moment of the operation.
    Unclear = "S-902", Unclear,
    "操作の結果を確認できません",
    "システムの都合により、操作が行われたかどうかを確認できませんでした。",
    "やり直す前に、対象の画面と監査ログで、操作が行われたかどうかを必ず確かめてください。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_titles_are_unique_and_codes_read_back() {
        let codes: BTreeSet<_> = ConsoleCode::ALL.iter().map(|c| c.as_str()).collect();
        let titles: BTreeSet<_> = ConsoleCode::ALL.iter().map(|c| c.entry().title).collect();
        assert_eq!((codes.len(), titles.len()), (ConsoleCode::ALL.len(), ConsoleCode::ALL.len()));
        for code in ConsoleCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("S-000".parse::<ConsoleCode>().is_err());
    }

    #[test]
    fn every_entry_says_what_happened_and_what_to_do_in_whole_sentences() {
        for code in ConsoleCode::ALL {
            let entry = code.entry();
            for sentence in [entry.happened, entry.money.words(), entry.remedy] {
                assert!(sentence.ends_with('。'), "{code}: {sentence}");
            }
        }
    }
}
