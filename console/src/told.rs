//! The hub's facts, which are for logs and other systems, in the staff's words: details of alarms and of the audit log.
//!
//! A fact is a sentence with places. Each place is read as what it is, so that a collector has its name and a person
//! theirs; what is not known stands as it was written.

use domain::payment::State;
use domain::{CollectorNumber, Date, ResponseCode, time};
use gateway::Gateway;

use super::payments::words::{code_text, reason_words, state_tag};
use super::words::{Names, collector_name};

/// What the hub writes, and what the pages say. Places keep their order; one that the pages leave out comes last.
const FACTS: &[(&str, &str)] = &[
    // alarms
    ("nothing has reached {text} for {text} seconds", "{text}に{text}秒間、何も届いていません。"),
    (
        "due on {date}, and the window cannot be closed: {list}",
        "支払日は{date}です。締められない理由: {list}",
    ),
    ("{date} is not over", "{date}の取扱いが終わっていない"),
    ("{date} is not closed", "{date}を閉局していない"),
    ("{date} is not reconciled", "{date}の閉局後の照合が済んでいない"),
    ("{date} has {text} open breaks", "{date}の照合に解消していない不一致が{text}件ある"),
    (
        "the collector holds another content under the number of this net payment; ours is {text} payments of {text} \
         yen, due on {date}",
        "当方の内容は、払込 {text}件、支払額 {text} 円、支払日 {date}です。",
    ),
    ("{text} tries to carry out {text}", "{text}回試みましたが、結果が分かりません。"),
    (
        "{text} of payment {text} is not resent any more: ask the collector",
        "{text} の自動再送が終わりました。",
    ),
    ("accepted after it was {state} here", "当方で「{state}」になった後に、消込の応答が届きました。"),
    ("{code} after it was {state} here", "{code}の応答が、当方で「{state}」になった後に届きました。"),
    ("nothing was sent in time: payment {text} stays accepted", "送信できないまま時間切れになりました。"),
    ("{code}: payment {text} stays accepted", "収納機関の応答は {code} です。"),
    (
        "the collector took the clearing back after the cancellation was over here",
        "取消しが終わった後に、取消しの応答が届きました。",
    ),
    ("{code} to a cancellation that was confirmed here", "成立した取消しに、{code}の応答が届きました。"),
    ("comparison {text}: {text} matched, {list}", "第{text}回の照合: 一致 {text}件、{list}"),
    ("no break", "不一致なし"),
    ("{text} missing_here", "当方に記録なし {text}件"),
    ("{text} missing_there", "収納機関に記録なし {text}件"),
    ("{text} amount_differs", "金額相違 {text}件"),
    ("{text} duplicate", "重複 {text}件"),
    ("{text} conflicting", "結果の相違 {text}件"),
    ("{text} carried_forward", "繰越し {text}件"),
    ("payments of the day without a known outcome: {text}", "結果不明の払込が{text}件残っています。"),
    ("the collector answered {code}", "収納機関の応答は {code} です。"),
    ("the collector gave no usable answer: {list}", "収納機関から有効な応答がありません({list})。"),
    ("the day has moved on meanwhile", "ほかの操作で処理日の状態が変わりました。"),
    // the audit log
    ("the window closes", "締めを開始"),
    (
        "{text} payments, {text} yen and {text} yen of fees, due on {date}",
        "払込 {text}件、収納金額 {text} 円、手数料 {text} 円、支払日 {date}",
    ),
    ("no payment", "払込なし"),
    ("{text} yen to account {text}", "{text} 円を勘定 {text} へ"),
    ("{text} yen to {collector}", "{text} 円、{collector}"),
    ("{text} yen of {text}", "{text} 円、処理通番 {text}"),
    ("answered", "収納機関が通知を確認"),
    ("conflict", "収納機関の記録と内容が相違"),
    ("the collector is open", "収納機関が開局"),
    ("the collector is pre-closed", "収納機関が予備閉局"),
    ("payments without an outcome are carried forward", "結果不明の払込を繰り越して閉局を開始"),
    ("nothing new is taken", "閉局を開始"),
    ("the collector is closed; both sides' counters are the same", "収納機関が閉局、収納カウンタは一致"),
    ("the collector is closed; both sides' counters are different", "収納機関が閉局、収納カウンタは不一致"),
    ("the collector's counters were asked for", "収納カウンタを照会"),
    ("open: {list}", "開局: {list}"),
    ("pre_close: {list}", "予備閉局: {list}"),
    ("close: {list}", "閉局: {list}"),
    ("counters: {list}", "収納カウンタの照会: {list}"),
    ("reconcile: {list}", "照合: {list}"),
    ("delivery {text} of the payment", "消込 {text}回目の送信"),
    ("delivery {text} of the cancellation", "取消し {text}回目の送信"),
    ("cleared, checked by {who}: {text}", "消込あり、承認 {who}: {text}"),
    ("not_cleared, checked by {who}: {text}", "消込なし、承認 {who}: {text}"),
    ("cancelled, checked by {who}: {text}", "取消しあり、承認 {who}: {text}"),
    ("not_cancelled, checked by {who}: {text}", "取消しなし、承認 {who}: {text}"),
    (
        "{text} yen and a fee of {text} yen, checked by {who}",
        "金額 {text} 円と手数料 {text} 円を返金、承認 {who}",
    ),
    ("nothing was sent in time", "送信できないまま時間切れ"),
    ("the collector recorded the clearing", "収納機関が消込を記録"),
    ("the collector took the clearing back", "収納機関が消込を取消し"),
    ("{text} yen a day", "1日 {text} 円"),
    ("the contract's limit", "ご契約の限度額と同じ"),
    ("wrong numbers, until {date}", "番号の誤りが上限に達し、{date} 0:00 まで停止"),
    ("wrong numbers, until the branch lifts it", "番号の誤りによる停止が重なり、窓口で解除するまで停止"),
    ("password_and_token", "パスワードとワンタイムパスワード"),
    (
        "serial {text}, key made by the bank, good until {text}",
        "シリアル番号 {text}、当行が鍵を作成、有効期限 {text}",
    ),
    (
        "serial {text}, key made by the user, good until {text}",
        "シリアル番号 {text}、お客さまが鍵を作成、有効期限 {text}",
    ),
    ("serial {text}; paper {text}", "シリアル番号 {text}、書類番号 {text}"),
    ("serial {text}", "シリアル番号 {text}"),
    ("by the master", "マスターユーザの操作"),
    ("certificate missing", "電子証明書の提示なし"),
    ("certificate not-imported", "電子証明書の取込み未了"),
    ("certificate none-yet", "電子証明書の未取得"),
    ("certificate foreign", "当行のものではない電子証明書"),
    ("certificate expired", "期限切れの電子証明書"),
    ("certificate revoked", "失効した電子証明書"),
    ("certificate redone", "取得し直す前の電子証明書"),
    ("certificate replaced", "更新前の電子証明書"),
    ("certificate somebody-elses", "別の利用者の電子証明書"),
    ("{list}; paper {text}", "{list}(書類番号 {text})"),
    ("usable from {date}", "利用開始日 {date}"),
    ("from {date}", "{date}から使用"),
    ("paper {text}", "書類番号 {text}"),
    ("{text} tokens, digest {text}", "{text} 個、ダイジェスト {text}"),
    ("another set-up number", "初期設定番号を再発行"),
    ("sign-in {text} to {text}", "ログインの方式 {text} → {text}"),
    ("plan {text} to {text}", "プラン {text} → {text}"),
    ("same-day transfers on", "都度指定方式の当日扱いを開始"),
    ("same-day transfers off", "都度指定方式の当日扱いを終了"),
    ("payee {text}", "受取人番号 {text}"),
    ("another address", "届出住所を変更"),
    ("other words in mails", "メールに載せる合言葉を変更"),
    ("ended after {text}", "解約(前の状態 {text})"),
    ("{text} to {text} from {date}", "{text} → {text}、{date} から"),
    ("wrong", "パスワードまたはワンタイムパスワードの誤り"),
    ("wrong, blocked from now on", "誤りが続いたため、しばらくログインを停止"),
    ("wrong, locked from now on", "誤りが続いたため、ログインを停止"),
];

/// Facts in words.
pub struct Teller<'a> {
    /// For the collectors' names.
    pub gateway: &'a Gateway,
    /// Of those who act.
    pub names: &'a Names,
}

impl Teller<'_> {
    /// A fact in the staff's words, or as it is.
    pub fn told(&self, fact: &str) -> String {
        if fact.parse::<ResponseCode>().is_ok() {
            return code_text(fact);
        }
        for (written, said) in FACTS {
            if let Some(places) = places(written, fact)
                && let Some(shown) = self.all_shown(&places)
            {
                return filled(said, &shown);
            }
        }
        reason_words(fact)
    }

    /// Every place in words; none where one is not what it should be.
    fn all_shown(&self, places: &[(&str, &str)]) -> Option<Vec<String>> {
        places.iter().map(|(kind, value)| self.shown(kind, value)).collect()
    }

    fn shown(&self, kind: &str, value: &str) -> Option<String> {
        match kind {
            "date" => value.parse::<Date>().ok().map(time::year_month_day),
            "state" => value.parse::<State>().ok().map(|state| state_tag(state).word.to_owned()),
            "code" => value.parse::<ResponseCode>().ok().map(|_| code_text(value)),
            "collector" => {
                value.parse::<CollectorNumber>().ok().map(|number| collector_name(self.gateway, &number))
            }
            "who" => Some(self.names.name(value)),
            "list" => {
                let separator = if value.contains("; ") { "; " } else { ", " };
                let parts: Vec<String> = value.split(separator).map(|part| self.told(part)).collect();
                Some(parts.join("、"))
            }
            _ => Some(value.to_owned()),
        }
    }
}

/// What stands in the places of a sentence, each with its kind; none where it is another sentence.
fn places<'w, 'f>(written: &'w str, fact: &'f str) -> Option<Vec<(&'w str, &'f str)>> {
    let (mut written, mut fact, mut found) = (written, fact, Vec::new());
    while let Some((before, rest)) = written.split_once('{') {
        fact = fact.strip_prefix(before)?;
        let (kind, rest) = rest.split_once('}')?;
        let behind = rest.split('{').next().unwrap_or_default();
        let end = match behind {
            "" => fact.len(),
            // a place reaches to the end where nothing but the sentence's end follows
            _ if behind.len() == rest.len() => fact.len().checked_sub(behind.len())?,
            _ => fact.find(behind)?,
        };
        let value = fact.get(..end)?;
        if value.is_empty() {
            return None;
        }
        found.push((kind, value));
        fact = fact.get(end..)?;
        written = rest;
    }
    (fact == written).then_some(found)
}

/// A sentence with its places filled, in their order.
fn filled(said: &str, places: &[String]) -> String {
    let (mut text, mut said) = (String::new(), said);
    for place in places {
        let Some((before, rest)) = said.split_once('{') else { break };
        text += before;
        text += place;
        said = rest.split_once('}').map_or("", |(_, behind)| behind);
    }
    text + said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_where_the_sentence_is_the_same() {
        let written = "{text} payments, {text} yen and {text} yen of fees, due on {date}";
        let found = places(written, "3 payments, 70,910 yen and 110 yen of fees, due on 2026-11-26").unwrap();
        let values: Vec<_> = found.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, ["3", "70,910", "110", "2026-11-26"]);
        assert_eq!(places(written, "3 payments, 70,910 yen"), None);
        assert_eq!(places("{date} is not over", " is not over"), None);
        assert_eq!(places("no break", "no break"), Some(Vec::new()));
        assert_eq!(places("no break", "no break at all"), None);
        assert_eq!(places("open: {list}", "open: a: b"), Some(vec![("list", "a: b")]));
        let said = "払込 {text}件、収納金額 {text} 円";
        assert_eq!(filled(said, &["3".to_owned(), "70,910".to_owned()]), "払込 3件、収納金額 70,910 円");
        assert_eq!(filled("{text}回", &["3".to_owned(), "decide".to_owned()]), "3回");
    }

    /// No sentence is hidden by one above it, and each says what it promises to say.
    #[test]
    fn every_fact_is_told_in_japanese_and_by_its_own_sentence() {
        for (written, said) in FACTS {
            let kinds = |text: &str| -> Vec<String> {
                text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect()
            };
            assert!(kinds(written).starts_with(&kinds(said)), "{written}: {said}");
            assert!(!said.is_ascii(), "{said}");
            let of_kind = |kind: &str| match kind {
                "date" => "2026-11-24",
                "state" => "voided",
                "code" => "B203",
                "collector" => "00200",
                "who" => "staff:7",
                "list" => "no break",
                _ => "7",
            };
            let fact = kinds(written).iter().fold((*written).to_owned(), |fact, kind| {
                fact.replacen(&format!("{{{kind}}}"), of_kind(kind), 1)
            });
            let first = FACTS.iter().find(|(other, _)| {
                places(other, &fact).is_some_and(|found| {
                    found.iter().all(|(kind, value)| match *kind {
                        "date" => value.parse::<Date>().is_ok(),
                        "state" => value.parse::<State>().is_ok(),
                        "code" => value.parse::<ResponseCode>().is_ok(),
                        "collector" => value.parse::<CollectorNumber>().is_ok(),
                        _ => true,
                    })
                })
            });
            assert_eq!(first.map(|(other, _)| other), Some(written), "{fact}");
        }
    }
}
