//! The one table of error codes. An error of a page names a [`Code`], so none can be without its explanation.

use super::bulk::with_bulk;
use super::money::Money;
use crate::links::HelpLink;

with_bulk! {
    Code, Money, HelpLink;
    /// A field is empty or cannot be what it should be.
    Input = "P-100", Untouched,
    "入力の誤り",
    "入力された内容に、けた数や文字の誤り、または入力もれがあります。",
    "赤で示した項目を直して、もう一度進んでください。";
    /// No collector has the number.
    UnknownCollector = "P-101", Untouched,
    "収納機関番号の誤り",
    "入力された収納機関番号の収納機関は見つかりませんでした。",
    "払込書の「収納機関番号」(5けた)を確かめてください。「収納機関をさがす」で、名称や払い込めるものからも確かめられます。";
    /// The collector takes payments by the information link only.
    LinkOnly = "P-102", Untouched,
    "情報リンク方式のみの収納機関",
    "この収納機関へは、番号を入力しての払込はできません。収納機関のウェブサイトから手続きする方式(情報リンク方式)だけを取り扱っています。",
    "収納機関のウェブサイトで請求の内容を確認し、お支払い方法にPay-easy(ネットバンキング)、金融機関に当行を選んでください。";
    /// The collector is in the directory and not connected yet.
    NotYetWorking = "P-103", Untouched,
    "取扱い準備中の収納機関",
    "この収納機関への払込は、現在準備中のためお取り扱いできません。",
    "お急ぎの場合は、払込書に書かれた別のお支払い方法をご利用ください。";
    /// The collector is closed at this time.
    CollectorClosed = "P-104", Untouched,
    "収納機関の取扱時間外",
    "現在、収納機関が取扱時間外です。",
    "取扱時間になってから、もう一度番号の入力からお手続きください。";
    /// The collector has no contract with this bank.
    BankNotContracted = "P-105", Untouched,
    "当行での取扱いなし",
    "この収納機関への払込は当行ではお取り扱いできません。",
    "払込書に書かれた別のお支払い方法をご利用ください。取扱金融機関は収納機関にお問い合わせください。";
    /// The bill cannot be paid on line.
    ChannelNotAccepted = "P-106", Untouched,
    "インターネットバンキングでの取扱いなし",
    "このお支払いはインターネットバンキングではお取り扱いできません。",
    "払込書をお持ちになり、窓口など払込書に書かれた方法でお支払いください。";
    /// The bank takes nothing for the collector for a while (取扱休止).
    CollectorSuspended = "P-108", Untouched, "収納機関の取扱休止",
    "この収納機関への照会と払込は、休止しています。",
    "再開してから、もう一度番号の入力からお手続きください。お急ぎの場合は、払込書に書かれた別のお支払い方法をご利用ください。";
    /// It is outside of the hours of 税金・各種料金.
    PayeasyClosed = "P-109", Untouched, "税金・各種料金の取扱時間外",
    "税金・各種料金の取扱時間外です。", "取扱時間になってから、もう一度お手続きください。";
    /// The collector is slow or silent, and no more work is taken for it.
    CollectorBusy = "P-107", Untouched,
    "収納機関の応答の遅れ",
    "収納機関からの応答が遅れているか、この収納機関への払込が混み合っているため、新しい受付を一時的に止めています。",
    "ほかの収納機関への払込は通常どおりご利用になれます。しばらくしてから、もう一度番号の入力からお手続きください。";
    /// One of the two numbers is wrong; which one is not said.
    NumbersWrong = "P-201", Untouched,
    "番号の誤り",
    "納付番号(お客様番号)または確認番号に誤りがあります。",
    "払込書と見比べて、両方の番号をもう一度入力してください。番号が発行された直後は、収納機関への反映に時間がかかることがあります。";
    /// The payment category is wrong.
    CategoryWrong = "P-202", Untouched,
    "納付区分の誤り",
    "納付区分に誤りがあります。",
    "払込書や納付情報の通知に書かれた納付区分を確かめて、もう一度入力してください。";
    /// The bill is paid.
    AlreadyPaid = "P-203", UntouchedByThis,
    "支払済みの請求",
    "収納機関から、この請求はすでにお支払い済みです、との回答がありました。",
    "ご自分やほかの方の払込が済んでいるか、結果を確認中であることがあります。払込履歴でご確認ください。詳しくは収納機関にお問い合わせください。";
    /// The bill can no longer be paid.
    Expired = "P-204", Untouched,
    "お支払い期限切れ",
    "この請求はお支払いの期限を過ぎているため、お取り扱いできません。",
    "新しい払込書や番号の発行を収納機関にご依頼ください。";
    /// The bill cannot be paid yet.
    NotYetPayable = "P-205", Untouched,
    "お支払い開始前の請求",
    "この請求はまだお支払いの期間になっていません。",
    "お支払いが始まる日を収納機関にご確認のうえ、その日以降にお手続きください。";
    /// The collector could not obtain the bill.
    BillNotObtained = "P-206", Untouched,
    "請求内容の確認不可",
    "お支払い情報が確認できません。",
    "番号が正しい場合は、収納機関にお問い合わせください。番号が発行された直後は、しばらくしてからもう一度お試しください。";
    /// No answer to the inquiry.
    NoAnswer = "P-207", Untouched,
    "収納機関からの応答なし",
    "収納機関から請求内容の回答がありませんでした。照会だけのため、お支払いは行われていません。",
    "しばらくしてから、もう一度番号の入力からお手続きください。続く場合は、払込書に書かれた別のお支払い方法をご検討ください。";
    /// The collector failed.
    CollectorFailed = "P-208", Untouched,
    "収納機関での処理不可",
    "収納機関で処理ができなかったため、ただいまお取り扱いできません。",
    "しばらくしてから、もう一度お手続きください。続く場合は収納機関にお問い合わせください。";
    /// The typed amount is not what is owed.
    AmountDiffers = "P-209", Untouched,
    "金額の相違",
    "入力された金額が、収納機関の請求金額と違います。",
    "払込書や申告の金額を確かめて、もう一度入力してください。金額についてのお問い合わせは収納機関へお願いします。";
    /// The collector answers no more for the number.
    NumberStopped = "P-210", Untouched,
    "収納機関による照会の停止",
    "番号の誤りが続いたため、収納機関がこの番号の照会を停止しています。当行の停止ではありません。",
    "再開の手続きは収納機関にお問い合わせください。ほかの番号の払込は、これまでどおりご利用になれます。";
    /// The user typed too many wrong numbers today.
    StoppedForToday = "P-211", Untouched,
    "番号の誤りによる本日の停止",
    "番号の誤りが続いて上限に達したため、このログインIDでの税金・各種料金の払込を本日は停止しました。",
    "番号をお確かめのうえ、停止が終わってからお手続きください。残高照会などのお取引や、ほかの利用者の払込はこれまでどおりです。お急ぎの場合は、払込書に書かれた別の方法でお支払いになるか、お取引店にご相談ください。";
    /// The user was stopped on too many days.
    StoppedUntilLifted = "P-212", Untouched,
    "番号の誤りによる停止(窓口での解除が必要)",
    "番号の誤りによる停止が重なって上限に達したため、このログインIDでの税金・各種料金の払込を停止しました。",
    "再開は、お取引店の窓口に書面でお申し出ください。それまでは、払込書に書かれた別のお支払い方法をご利用ください。照会など、ほかのお取引はこれまでどおりご利用になれます。";
    /// As many of the user's inquiries are under way as may still be wrong.
    AnswersPending = "P-213", Untouched,
    "回答を待っている照会あり",
    "番号の照会が重なっているため、この照会は行いませんでした。",
    "先の照会の回答を待って、もう一度進んでください。";
    /// More than 15 minutes have passed since the inquiry.
    InquiryExpired = "P-301", Untouched,
    "照会の有効時間切れ",
    "請求の照会から15分を過ぎたため、この内容では払い込めません。",
    "番号の入力からもう一度お手続きください。請求の内容を改めて照会します。";
    /// The bill's amount is not the reviewed one.
    AmountChanged = "P-302", Untouched,
    "請求金額の変更",
    "確認された金額と、現在の請求金額が違うため、払い込みませんでした。",
    "番号の入力からもう一度お手続きになり、新しい金額をご確認ください。";
    /// The chosen bill is not among those of the inquiry.
    BillUnavailable = "P-303", Untouched,
    "選択された請求なし",
    "選択された請求が、照会の結果に見つかりませんでした。",
    "請求の確認画面から、もう一度選んでください。";
    /// Too little money.
    InsufficientFunds = "P-304", Untouched,
    "残高不足",
    "引き落とす口座の支払可能額が、お支払い金額に足りません。支払可能額は、残高からすでに確保されている金額を差し引いた額です。",
    "口座にご入金になるか、別の口座を選んで、もう一度お手続きください。";
    /// The account is closed or stopped.
    AccountClosed = "P-305", Untouched,
    "利用できない口座",
    "選択された口座は、現在お支払いに利用できません。",
    "別の口座を選んでください。口座の状態についてはお取引店にお問い合わせください。";
    /// Another payment of the same bill is open or done.
    BillBusy = "P-306", UntouchedByThis,
    "同じ請求の払込あり",
    "同じ請求について、別の払込が手続き中、または完了しています。二重のお支払いを防ぐため、この手続きでは払い込みませんでした。",
    "払込履歴で先の払込の結果をご確認ください。ほかの方が手続きされていることもあります。";
    /// The last day for clearing has passed.
    ClearByPassed = "P-307", Untouched,
    "払込可能期限の経過",
    "照会の後に、この請求を払い込める期限を過ぎました。",
    "番号の入力からもう一度お手続きください。期限が過ぎている場合は、収納機関にお問い合わせください。";
    /// A request of the contract's own systems is over.
    RequestOver = "P-308", Untouched,
    "終了した払込依頼",
    "この払込依頼は、取り下げられたか、受付の期限を過ぎたため、払い込めません。",
    "お支払いが必要な場合は、依頼元のシステムからもう一度依頼するか、番号の入力からお手続きください。";
    /// It would pass what may be paid to private collectors in a day.
    OverDailyLimit = "P-309", Untouched,
    "1日の限度額の超過",
    "民間の収納機関への1日の払込限度額を超えるため、払い込みませんでした。",
    "1件で限度額を超えるときは、変更が必要です。ほかは翌日にお手続きください。本日の残りは「1日の限度額」の画面で確認できます。利用者の限度額はマスターユーザまたは管理者ユーザが、ご契約の限度額はお取引店が変更します。";
    /// The contract has paid under the same numbers before, and nobody has said that it is meant.
    RepeatUnconfirmed = "P-310", Untouched,
    "同じ番号への払込の確認",
    "同じ番号への払込が、すでにあります。重ねて払い込むことの確認がまだのため、払い込みませんでした。",
    "払込履歴で先の払込をご確認ください。重ねて払い込む場合は、確認欄にチェックを入れて、もう一度進んでください。";
    /// The confirmation password is wrong.
    ConfirmationPasswordWrong = "P-401", Untouched,
    "確認用パスワードの誤り",
    "確認用パスワードが違います。",
    "ログインパスワードとは別の、確認用パスワードを入力してください。";
    /// The confirmation password is locked.
    ConfirmationPasswordLocked = "P-402", Untouched,
    "確認用パスワードの停止",
    "確認用パスワードを続けて誤られたため、確認用パスワードを使うお手続きを停止しています。",
    "時間がたっても再開しません。照会はこれまでどおりご利用になれます。停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。";
    /// The user may not do this.
    NotPermitted = "P-501", Untouched,
    "権限のない操作",
    "この操作を行う権限がありません。",
    "必要な場合は、マスターユーザに権限の設定をご依頼ください。";
    /// The master's certificate has taken the place of a lost one (SEC-05).
    CoolingOff = "P-504", Untouched,
    "電子証明書の再発行による払込の停止",
    "マスターユーザの電子証明書が再発行されたため、発行から24時間は、このログインIDでは払込・振込・振替ができません。",
    "お急ぎのときは、払込の権限のあるほかの利用者がお手続きください。再発行にお心当たりがない場合は、すぐにお取引店へお電話ください。";
    /// The entry was left for too long.
    DraftExpired = "P-502", Untouched,
    "手続きの時間切れ",
    "入力を始めてから30分を過ぎたため、この手続きは終了しました。",
    "番号の入力から、もう一度お手続きください。";
    /// The page that was sent is not the one last reviewed.
    ReviewOutdated = "P-503", Untouched,
    "確認後の内容変更",
    "別の画面で内容が変更されたため、払い込みませんでした。",
    "いま表示されている内容をもう一度ご確認のうえ、お手続きください。";
    /// A hand-off of a collector's site was not taken, or is another's. Which of the reasons it was is not said.
    LinkRefused = "P-701", Untouched,
    "受け取れない請求",
    "収納機関のサイトから受け取った請求を、確かめられませんでした。すでに使われたもの、古いもの、ほかの画面や利用者が受け取ったものは、お取り扱いできません。",
    "収納機関のサイトに戻り、お支払い方法の選択からもう一度お手続きください。ブラウザーのCookieが無効のときは、有効にしてください。続く場合は収納機関にお問い合わせください。";
    /// A hand-off was left for too long.
    LinkExpired = "P-702", Untouched,
    "受け取った請求の時間切れ",
    "収納機関のサイトで手続きを始めてから30分を過ぎたため、受け取った請求のままでは払い込めません。",
    "収納機関のサイトに戻り、お支払い方法の選択からもう一度お手続きください。";
    /// The collector's answer to the inquiry says another amount than its hand-off.
    LinkDiffers = "P-703", Untouched,
    "受け取った請求と照会結果の相違",
    "収納機関のサイトから受け取った金額と、収納機関に照会した金額が違うため、払い込めません。",
    "収納機関のサイトに戻って請求の内容を確かめ、もう一度お手続きください。続く場合は収納機関にお問い合わせください。";
    /// The contract's plan has no 情報リンク方式.
    LinkNotInPlan = "P-704", Untouched,
    "ご契約にない払込方式",
    "ご契約のプランでは、収納機関のサイトから手続きする方式(情報リンク方式)はご利用になれません。",
    "番号を入力しての払込は、ご利用になれます。収納機関のサイトで番号をご確認ください。プランの変更は、お取引店にご相談ください。";
    /// The one-time password was left out.
    OneTimePasswordMissing = "T-100", Untouched,
    "ワンタイムパスワードの入力もれ",
    "ワンタイムパスワードを入力してください。",
    "トークンに今表示されている6けたの数字を入力して、もう一度進んでください。";
    /// The one-time password is wrong.
    OneTimePasswordWrong = "T-101", Untouched,
    "ワンタイムパスワードの誤り",
    "ワンタイムパスワードが違います。",
    "トークンに今表示されている6けたの数字を入力してください。数字は60秒ごとに変わります。";
    /// The token is locked for all who share it.
    OneTimePasswordLocked = "T-102", Untouched,
    "ワンタイムパスワードの停止",
    "ワンタイムパスワードを続けて誤られたため、このトークンを使うお手続きを停止しています。トークンを共用している方全員が対象です。",
    "税金・国庫金の払込や照会はこれまでどおりご利用になれます。停止は、別のトークンをお使いのマスターユーザまたは管理者ユーザが「トークン管理」の画面で解除できます。いらっしゃらないときは、お取引店に書面でお申し出ください。";
    /// The one-time password was used before.
    OneTimePasswordUsed = "T-103", Untouched,
    "使用済みのワンタイムパスワード",
    "このワンタイムパスワードはすでに使われています。同じ数字は、トークンを共用している方を含めて一度しか使えません。",
    "トークンの表示が次の数字に変わるのを待って(最長60秒)、新しい数字を入力してください。";
    /// The user has no token.
    NoToken = "T-104", Untouched,
    "トークンの未登録",
    "このお手続きにはワンタイムパスワードが必要ですが、トークンが登録されていません。",
    "お手元にトークンがある場合は、「ワンタイムパスワード利用開始登録」の画面で登録してください。トークンのお申し込みは、お取引店に書面でお願いします。";
    /// The date printed on the token has passed.
    TokenExpired = "T-105", Untouched,
    "トークンの有効期限切れ",
    "トークンの有効期限が過ぎているため、ワンタイムパスワードを使うお手続きはできません。",
    "新しいトークンがお手元にある場合は、「ワンタイムパスワード利用開始登録」の画面で登録してください。届いていない場合は、お取引店に書面でお申し出ください。";
    /// The token was revoked or reported lost.
    TokenEnded = "T-106", Untouched,
    "使えなくなったトークン",
    "登録されているトークンは、失効または紛失・盗難の届けにより使えません。",
    "ほかのトークンがお手元にある場合は、「ワンタイムパスワード利用開始登録」の画面で登録してください。再発行は、お取引店に書面でお申し出ください。";
    /// No token of the contract that could be registered has the serial.
    TokenNotRegistrable = "T-110", Untouched,
    "登録できないトークン",
    "入力されたシリアル番号のトークンは登録できません。",
    "トークンの裏面のシリアル番号を確かめてください。登録できるのは、ご契約の届出住所にお送りしたトークンだけです。ほかのご契約のトークンは共用できません。";
    /// The two codes are not two that follow each other.
    ConsecutiveCodesWrong = "T-111", Untouched,
    "続けて表示された数字の誤り",
    "入力された2つの数字は、トークンに続けて表示された数字ではありません。",
    "1つ目の数字を入力したら、表示が変わるのを待ち(最長60秒)、次に表示された数字を2つ目に入力してください。";
    /// The user has registered it already.
    TokenRegisteredAlready = "T-112", Untouched,
    "登録済みのトークン",
    "このトークンは、すでにご自身のトークンとして登録されています。",
    "そのままご利用になれます。別のトークンに替えるときは、新しいトークンのシリアル番号を入力してください。";
    /// The bank wants a paper.
    TokenPaperOnly = "T-120", Untouched,
    "書面でのお手続きが必要なトークン",
    "この手続きは、画面ではできません。",
    "ご自身とは別のトークンをお使いのマスターユーザまたは管理者ユーザが画面で手続きするか、お取引店に書面でお申し出ください。";
    /// The token is not as it was seen.
    TokenChanged = "T-121", Untouched,
    "トークンの状態の変更",
    "トークンの状態が、この手続きのできるものではありません。",
    "トークン管理の画面で、いまの状態を確かめてください。";
    /// Somebody of the bank's customers has the login ID.
    LoginIdTaken = "U-101", Untouched,
    "使えないログインID",
    "このログインIDは、ほかの利用者が使っているため登録できません。",
    "別のログインIDを入力してください。";
    /// The contract has as many users as it may.
    TooManyUsers = "U-102", Untouched,
    "利用者の人数の上限",
    "利用者の人数が上限に達しているため、追加できません。",
    "使わなくなった利用者を削除してから、もう一度お手続きください。";
    /// The user, or the users of the contract, are not as the page showed.
    UserChanged = "U-103", Untouched,
    "利用者の登録内容の変更",
    "別の画面で利用者の登録内容が変更されたため、この手続きは行いませんでした。",
    "利用者の一覧で今の内容をご確認のうえ、もう一度お手続きください。";
    /// The entry of a user was finished, given up or left for too long.
    UserDraftGone = "U-104", Untouched,
    "終わった手続き",
    "この手続きは、すでに終わったか、時間切れのため、続けられません。",
    "利用者の一覧で今の内容をご確認のうえ、必要な場合はもう一度お手続きください。";
    /// A new password cannot be chosen.
    PasswordWeak = "U-105", Untouched,
    "使えないパスワード",
    "新しいパスワードが、推測されやすいなどの理由で使えません。",
    "画面の説明のとおりに、別のパスワードを決めてください。パスワードはまだ変わっていません。";
    /// The password in use was typed wrongly.
    CurrentPasswordWrong = "U-106", Untouched,
    "いまのパスワードの誤り",
    "いまのパスワードが違います。パスワードは変わっていません。",
    "いまのパスワードを確かめて、もう一度入力してください。続けて5回違うと、ご利用を停止します。";
    /// It was typed wrongly too often.
    CurrentPasswordLocked = "U-107", Untouched,
    "パスワードの誤りによる停止",
    "パスワードの誤りが続いたため、パスワードの変更とログインを停止しています。",
    "時間がたっても再開しません。停止の解除は、マスターユーザへ、マスターユーザの方はお取引店の窓口へお申し出ください。";
    /// The same, for a while.
    CurrentPasswordPaused = "U-108", Untouched,
    "パスワードの誤りによる一時停止",
    "パスワードの誤りが続いたため、パスワードの変更とログインを一時停止しています。",
    "30分たつと、自動でまたお手続きできます。パスワードをお忘れのときは、マスターユーザに再発行をご依頼ください。マスターユーザの方は、お取引店の窓口へお申し出ください。";
    /// The contract is stopped, by its user or by the bank.
    ContractStopped = "C-101", Untouched,
    "ご契約の利用停止中",
    "ご契約の利用を、お客さままたは当行が緊急停止しています。この操作は受け付けていません。受付済みのお取引は、そのまま進みます。予約中の振込・振替は、停止している間は実行しません。",
    "お取引店へお電話ください。利用の再開は、窓口で書面によりお申し出ください。";
    /// The bank has stopped a service or a plan.
    ServiceStopped = "C-102", Untouched,
    "当行によるサービスの停止中",
    "当行の判断により、このサービスを一時的に停止しています。この操作は受け付けていません。受付済みのお取引は、そのまま進みます。予約中の振込・振替は、停止している間は実行しません。",
    "再開は当行のホームページでお知らせします。お急ぎのお支払いや、受付済みのお取引の結果は、お取引店へお電話ください。";
    /// The contract's policy gives it to approvers.
    ApprovalNeeded = "A-101", Untouched,
    "承認が必要な取引",
    "ご契約の設定により、この取引には、ほかの利用者の承認が必要です。",
    "内容を確かめて「承認を依頼する」を押してください。承認がそろうまで、口座のお金は動きません。";
    /// A hand-off's bill that nobody can be asked about again.
    ApprovalNotLinked = "A-102", Untouched,
    "承認を待てない情報リンク方式の払込",
    "ご契約の設定により承認が必要ですが、この請求は収納機関のサイトからの引き渡しのあいだ(30分)だけ払い込めるもので、承認を待てません。",
    "収納機関に納付書・払込書の発行を依頼し、その番号を入力して承認を依頼してください。番号で照会できる収納機関の請求は、サイトから始めても承認を依頼でき、承認のあとに番号で払い込みます。";
    /// Too few others can approve it.
    ApproversTooFew = "A-103", Untouched,
    "承認できる利用者の不足",
    "ご契約の設定で必要な人数の承認者が、ご本人のほかに登録されていません。",
    "マスターユーザまたは管理者が「利用者管理」で、承認する利用者の権限と口座を登録してください。二段階の順序ありの承認では、一次承認と最終承認のそれぞれに利用者が必要です。\
     登録やパスワードの再発行などから24時間は、手続きした方と、その利用者を、別の承認者として数えません。";
    /// Decided, taken back or changed meanwhile.
    ApprovalChanged = "A-104", UntouchedByThis,
    "依頼の状態の変化",
    "この依頼は、表示したあとに、承認・差戻し・引戻しがあったか、内容や期限が変わりました。",
    "「承認」の画面で、いまの内容と状態を確かめてください。";
    /// One's own request.
    ApprovalOwn = "A-105", Untouched,
    "ご自身の依頼の承認",
    "ご自身が依頼した取引を、ご自身で承認することはできません。",
    "ほかの承認者に承認をお願いしてください。取りやめる場合は、依頼を引き戻せます。";
    /// One approval a person.
    ApprovalGiven = "A-106", UntouchedByThis,
    "承認の重複",
    "この依頼は、すでにご自身が承認しています。必要な承認は、別々の利用者が行います。",
    "ほかの承認者の承認をお待ちください。";
    /// The contract wants a token for each person.
    ApprovalSameToken = "A-107", Untouched,
    "同じトークンでの承認",
    "ご契約の設定により、依頼や前の承認と同じトークンを使う利用者は、承認できません。",
    "別のトークンを使う承認者に承認をお願いしてください。設定は、マスターユーザまたは管理者が「承認の設定」で変更できます。";
    /// 一次承認 and 最終承認 in this order.
    ApprovalOtherStep = "A-108", Untouched,
    "承認の順序",
    "この依頼は、いまはご自身の承認の番ではありません。一次承認のあとに最終承認を行います。",
    "先に承認する利用者の承認をお待ちください。承認の段階は「利用者管理」で登録します。";
    /// Who made the request may not do it any more.
    ApprovalAuthorMayNot = "A-109", Untouched,
    "依頼した利用者の権限",
    "依頼した利用者が、この取引を行う権限をすでに失っているため、承認できません。",
    "依頼を差し戻してください。必要な取引は、権限のある利用者があらためて依頼してください。";
    /// Nobody else could confirm what administrators change.
    AdministratorsTooFew = "A-110", Untouched,
    "確認できる管理者の不足",
    "管理の手続きをもう一人の管理者が確認する設定には、マスターユーザのほかに、確認を任せた管理者が必要です。",
    "マスターユーザが「利用者管理」で管理者を登録し、「承認の設定、ほかの管理者の手続きの確認」を任せてください。\
     登録やパスワードの再発行などから24時間は、手続きした方と、その管理者を、別の方として数えません。登録できないときは、お取引店に書面でお申し出ください。";
    /// What makes a password is approved on its own page, which shows it.
    ApprovalOneByOne = "A-111", Untouched,
    "一覧から承認できない手続き",
    "この手続きは、承認すると仮のパスワードを一度だけ表示するため、一覧からまとめて承認することはできません。",
    "一覧から手続きの内容を開き、そのページで承認してください。";
    /// The contract wants a token for each person, and somebody has none.
    ApprovalNoToken = "A-112", Untouched,
    "トークンのない利用者の依頼・承認",
    "ご契約の設定により、依頼と承認は、別々のトークンを使う利用者が行います。ご自身または依頼した利用者に、利用中のトークンがありません。",
    "トークンの利用開始登録を済ませてから、もう一度お手続きください。依頼した利用者にトークンがない場合は、依頼を差し戻してください。";
    /// One of the two has just given the other one access.
    ApprovalTied = "A-113", Untouched,
    "登録や再発行のすぐあとの承認",
    "依頼や前の承認をした利用者と、ご自身とのあいだで、24時間以内に利用者登録・権限の追加・パスワードの再発行・停止の解除・電子証明書の再発行の許可がありました。この間は、お二人を別の方として数えません。",
    "その手続きから24時間たってから承認するか、手続きに関わっていない承認者に承認をお願いしてください。お心当たりのない手続きがあった場合は、承認せずに、すぐにお取引店へお電話ください。";
    /// Somebody was faster with a number or name that there is once.
    KeyTaken = "C-103", Untouched,
    "登録済みの番号または名前",
    "同じ番号または名前が、すでに登録されています。何も変更していません。",
    "画面を開き直して今の内容をご確認のうえ、必要な場合は別の番号または名前で、もう一度お手続きください。";
    /// Our own failure at the moment of a registration's commit.
    RegistrationUnclear = "C-191", Untouched,
    "登録・変更の結果を確認できません",
    "当行の都合により、登録または変更ができたかどうかを確認できませんでした。",
    "やり直す前に、画面を開き直して今の内容を必ずご確認ください。続く場合は、お取引店へお問い合わせください。";
    /// Our own failure before anything was done.
    Unavailable = "P-901", Untouched,
    "一時的な取扱不可",
    "当行のシステムの都合により、ただいまお取り扱いできません。",
    "しばらくしてから、もう一度お手続きください。";
    /// Our own failure at the moment of the payment.
    PaymentUnclear = "P-902", Unclear,
    "払込の受付を確認できません",
    "当行のシステムの都合により、払込を受け付けたかどうかを確認できませんでした。",
    "やり直す前に、払込履歴でこの払込があるかどうかを必ずご確認ください。";
    /// The amount is held, and nobody knows yet whether the collector cleared.
    OutcomeUnknown = "P-601", Held,
    "払込結果を確認中",
    "払込の手続きを進めていますが、収納機関の受付結果がまだ確認できていません。",
    "もう一度払い込まないでください。当行が収納機関に確認します。結果は払込履歴でご確認になれます。";
    /// The collector refused; the hold was released.
    Rejected = "P-602", Released,
    "収納機関による受付不可",
    "収納機関が払込を受け付けませんでした。",
    "理由は収納機関にお問い合わせください。お支払いが必要な場合は、番号の入力からもう一度お手続きください。";
    /// The payment could not be sent in time; the hold was released.
    NotSent = "P-603", Released,
    "払込の不成立",
    "受付時間内に収納機関へ送ることができなかったため、払込は行われませんでした。",
    "番号の入力からもう一度お手続きください。";
    /// The collector has no record of the accepted payment; the payer was paid back.
    Refunded = "P-604", Returned,
    "払込金の返金",
    "収納機関がいったん受け付けた払込の記録が、収納機関に残っていませんでした。当行と収納機関で確かめ、返金しました。",
    "この払込は済んでいません。お支払いが必要な場合は、番号の入力からもう一度お手続きください。期限を過ぎたときの延滞金などは、収納機関にお問い合わせください。";
    /// No certificate was shown (R34, R37, R38).
    CertificateMissing = "S-101", Untouched,
    "電子証明書の未提示",
    "電子証明書方式のご契約ですが、電子証明書が提示されませんでした。選択の画面を閉じたか、このパソコン(または今お使いのOSのユーザ)に電子証明書がありません。",
    "「電子証明書を選び直す」から、もう一度お選びください。選択の画面が出ないときは、ブラウザをすべて閉じて開き直してください。OSの再インストール・修理・パソコンの交換で失われた場合は、マスターユーザの方は失効の書面をお\
     取引店へ、そのほかの方はマスターユーザに再発行の許可をご依頼ください。";
    /// The certificate that was issued has never signed in (R32, R33).
    CertificateNotImported = "S-102", Untouched,
    "電子証明書の取込み未了",
    "電子証明書は発行されていますが、まだ一度もログインに使われていません。ファイルの取込みが終わっていないか、別のパソコン・別のOSのユーザに取り込まれています。",
    "取得したファイルを、このパソコンに取り込んでください。ファイルやパスフレーズが手元にない場合は、「電子証明書の取得」からもう一度取得できます(前のファイルは使えなくなります)。";
    /// The user has no certificate yet.
    CertificateNoneYet = "S-103", Untouched,
    "電子証明書の未取得",
    "電子証明書方式のご契約ですが、このログインIDの電子証明書はまだ発行されていません。",
    "「電子証明書の取得」から取得し、パソコンに取り込んでから、もう一度ログインしてください。";
    /// The certificate is none of the bank's.
    CertificateForeign = "S-104", Untouched,
    "当行のものではない電子証明書",
    "提示された電子証明書は、当行が発行したものではありません。",
    "「電子証明書を選び直す」から、発行者が「見本銀行」の電子証明書をお選びください。一覧に出ないときは、取込みが済んでいるか、開いている画面が当行のものかをお確かめください。";
    /// The certificate has expired (R36).
    CertificateExpired = "S-105", Untouched,
    "電子証明書の有効期限切れ",
    "提示された電子証明書は、有効期限を過ぎています。",
    "マスターユーザの方は失効の書面をお取引店へお出しください。そのほかの方は、マスターユーザに再発行の許可をご依頼ください。その後に「電子証明書の取得」から新しいものを取得できます。";
    /// The certificate was revoked (R46, R47).
    CertificateRevoked = "S-106", Untouched,
    "失効した電子証明書",
    "提示された電子証明書は、失効しています。当行またはマスターユーザの手続きにより、使えなくなりました。",
    "失効の手続きの完了後は、「電子証明書の取得」から新しいものを取得できます(マスターユーザによる失効の場合は、再発行の許可が必要です)。お心当たりがない場合は、すぐにお取引店へお電話ください。";
    /// It was fetched again before it was used (R32).
    CertificateRedone = "S-107", Untouched,
    "取得し直す前の電子証明書",
    "提示された電子証明書は、その後に取得をやり直したため、使えなくなりました。",
    "最後に取得した電子証明書を取り込み、「電子証明書を選び直す」から選んでください。";
    /// Its successor has signed in (R42).
    CertificateReplaced = "S-108", Untouched,
    "更新前の電子証明書",
    "提示された電子証明書は、更新後の新しい電子証明書でログインしたため、使えなくなりました。",
    "「電子証明書を選び直す」から、有効期限の新しい電子証明書をお選びください。古いものはパソコンから削除できます。";
    /// The certificate is another user's (R43).
    CertificateOfAnother = "S-109", Untouched,
    "別の利用者の電子証明書",
    "提示された電子証明書は、入力されたログインIDの利用者のものではありません。電子証明書を複数の利用者で共有することはできません。",
    "「電子証明書を選び直す」から、ご自分の電子証明書をお選びください。お持ちでない場合は「電子証明書の取得」から取得してください。";
    /// The user has one (R42).
    CertificateHasOne = "S-110", Untouched,
    "電子証明書の重複",
    "この利用者には、使用中の電子証明書があります。一つのログインIDに電子証明書は一つだけです。",
    "有効期限が近い場合は、ログインして「電子証明書」の画面から更新してください。パソコンを交換した場合は、マスターユーザの方は失効の書面をお取引店へ、そのほかの方はマスターユーザに再発行の許可をご依頼ください。";
    /// The bank must revoke, or the master permit, first (R47, C16).
    CertificateNotPermitted = "S-111", Untouched,
    "再発行の手続きが必要な電子証明書",
    "前の電子証明書の期限が切れたか、マスターユーザが失効させたため、このままでは新しい電子証明書を取得できません。",
    "マスターユーザの方は失効の書面をお取引店へお出しください。そのほかの方は、マスターユーザに再発行の許可をご依頼ください。";
    /// The contract has as many as it may (R44).
    CertificateLimit = "S-112", Untouched,
    "電子証明書の枚数の上限",
    "ご契約の電子証明書が、上限の枚数に達しています。",
    "使わなくなった利用者の電子証明書を、マスターユーザが「電子証明書の管理」で失効させてから、もう一度取得してください。";
    /// The contract signs in by password.
    CertificateNotForContract = "S-113", Untouched,
    "ID・パスワード方式のご契約",
    "ご契約のログイン方式はID・パスワード方式のため、電子証明書は使いません。",
    "ログインIDとログインパスワードでログインしてください。方式の変更は、書面でお取引店にお申し込みください。";
    /// The signing request is not taken.
    CertificateRequestBad = "S-114", Untouched,
    "署名要求の誤り",
    "貼り付けられた署名要求(CSR)を受け付けられませんでした。形式か、署名か、鍵の種類が合っていません。",
    "P-256 または RSA 2048 ビット以上の新しい鍵で、PEM 形式の署名要求(PKCS#10)を作り直して、全体を貼り付けてください。";
    /// It may not be renewed yet (R40).
    CertificateTooEarly = "S-115", Untouched,
    "更新期間前の電子証明書",
    "電子証明書の更新は、有効期限の30日前から行えます。",
    "更新期間になると、メールでお知らせします。それまでお待ちください。";
    /// Who asks for a certificate has not proved who it is (SEC-05).
    CertificateProofWrong = "S-116", Untouched,
    "電子証明書の取得のご本人確認",
    "ログインID・ログインパスワード・ワンタイムパスワード(トークンのない方は確認用パスワード)のいずれかが違うため、電子証明書を発行していません。",
    "入力し直してください。続けて5回違うと、30分間お手続きできません。";
    /// A temporary password was not used in its time (R14).
    TemporaryPasswordOver = "S-117", Untouched,
    "仮のパスワードの期限切れ",
    "仮のログインパスワードの期限が過ぎているため、ログインと電子証明書の取得はできません。",
    "マスターユーザに、仮のパスワードの再発行をお申し出ください。新しい仮のパスワードで、もう一度お手続きください。";
    /// Something of ours failed.
    CertificateUnavailable = "S-190", Untouched,
    "電子証明書の手続きの障害",
    "当行の都合により、電子証明書の手続きができませんでした。何も発行・変更していません。",
    "しばらく待ってから、もう一度お試しください。続く場合は、お取引店へお問い合わせください。";
    /// Our own failure at the moment of the commit.
    CertificateUnclear = "S-191", Untouched,
    "電子証明書の手続きの結果を確認できません",
    "当行の都合により、電子証明書の発行・失効ができたかどうかを確認できませんでした。お金は動いていません。",
    "しばらく待ってから、もう一度お手続きください。受け取れなかった電子証明書は、取得し直すと無効になります。続く場合は、お取引店へお問い合わせください。";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_titles_are_unique_and_codes_read_back() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        let titles: BTreeSet<_> = Code::ALL.iter().map(|c| c.entry().title).collect();
        assert_eq!((codes.len(), titles.len()), (Code::ALL.len(), Code::ALL.len()));
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("P-000".parse::<Code>().is_err());
    }

    #[test]
    fn every_entry_says_what_happened_and_what_to_do_in_whole_sentences() {
        for code in Code::ALL {
            let entry = code.entry();
            for sentence in [entry.happened, entry.money.words(), entry.remedy] {
                assert!(sentence.ends_with('。'), "{code}: {sentence}");
            }
        }
    }
}
