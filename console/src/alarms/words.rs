//! What each kind of alarm is called, and what to do about it.

use gateway::AlarmKind;

/// The words of a kind of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmWords {
    /// What it is called.
    pub title: &'static str,
    /// What happened, whether money moved, what to do.
    pub remedy: &'static str,
}

/// The words of a kind.
pub const fn alarm_words(kind: AlarmKind) -> AlarmWords {
    match kind {
        AlarmKind::AnswerUnreadable => AlarmWords {
            title: "応答を読み取れない",
            remedy: "収納機関の応答が信用できない(署名または形式の誤り)ため、結果不明としています。金額は確保されたままです。\
                     収納機関に、署名鍵と応答電文の異常がないかを照会してください。",
        },
        AlarmKind::AnswerMeaningless => AlarmWords {
            title: "応答コードの意味が不明",
            remedy: "この払込の消込への応答としては意味のないコードが返りました。結果不明とし、金額は確保したままです。\
                     収納機関に消込の有無を照会してください。",
        },
        AlarmKind::KeyReused => AlarmWords {
            title: "処理通番の重複",
            remedy: "収納機関に、同じ処理通番で内容の異なる消込が記録されています。金額は確保されたままです。\
                     再送しても解消しません。収納機関とシステム担当に連絡してください。",
        },
        AlarmKind::LateAcceptance => AlarmWords {
            title: "終わった払込への消込",
            remedy: "当方で成立しなかった払込を、収納機関が後から消し込みました。金額は払込人に戻す扱いになっています。\
                     収納機関に消込の取消しを依頼するか、払込人に払込の意思を確かめてください。",
        },
        AlarmKind::LateRejection => AlarmWords {
            title: "収納済みの払込への受付不可",
            remedy: "当方で収納済みの払込に、収納機関から受付不可の応答が届きました。金額は払込人から受け取り済みです。\
                     払込の経過を確かめ、収納機関に消込の有無を照会してください。",
        },
        AlarmKind::ResendingOver => AlarmWords {
            title: "自動再送の終了",
            remedy: "結果不明のまま当日の自動再送が終わりました。金額は確保されたままです。\
                     結果不明の画面から再送するか、収納機関に照会して結果を起票してください。",
        },
        AlarmKind::DayNotClosed => AlarmWords {
            title: "閉局できない",
            remedy: "対象日を閉局できていません。結果不明の払込が残っているか、収納機関が応答していません。お金は動いていません。\
                     結果不明を解消するか、開局・閉局の画面で次の日へ繰り越してください。",
        },
        AlarmKind::ReconciliationBreaks => AlarmWords {
            title: "照合の不一致",
            remedy: "収納機関の記録と当方の記録が一致しません。お金は照合では動きません。\
                     照合の画面で不一致の一覧を確かめ、一件ずつ解消してください。",
        },
        AlarmKind::CancellationRefused => AlarmWords {
            title: "取消しが受け付けられない",
            remedy: "収納機関が窓口収納の取消しを受け付けませんでした。払込は収納済みのままで、現金は返していません。\
                     払込の画面で応答を確かめ、払込人への説明と収納機関への照会をしてください。",
        },
        AlarmKind::CancellationWithdrawn => AlarmWords {
            title: "取消しを送れなかった",
            remedy: "窓口収納の取消しを、収納機関に送れないまま取りやめました。払込は収納済みのままで、現金は返していません。\
                     当日中であれば、もう一度取消しを起票してください。",
        },
        AlarmKind::CancellationResendingOver => AlarmWords {
            title: "取消しの自動再送の終了",
            remedy: "取消しの結果が不明のまま、当日の自動再送が終わりました。払込は収納済みのままで、資金決済の対象から外しています。\
                     結果不明の画面から再送するか、収納機関に照会して結果を起票してください。",
        },
        AlarmKind::LateCancellation => AlarmWords {
            title: "終わった取消しと矛盾する応答",
            remedy: "結果の決まった取消しと矛盾する応答が、収納機関から届きました。お金はその応答では動いていません。\
                     払込の経過を確かめ、収納機関に照会してください。",
        },
        AlarmKind::SettlementLate => AlarmWords {
            title: "資金決済の遅れ",
            remedy: "支払うべき日になっても、決済対象の締めが済んでいません。収納機関への支払いはまだ行われていません。\
                     結果不明の払込と取消しを解消し、資金決済を実行してください。",
        },
        AlarmKind::AdviceContradicted => AlarmWords {
            title: "資金決済通知の不一致",
            remedy: "収納機関が、同じ番号で内容の異なる資金決済を記録しています。当方の支払いは通知では変わりません。\
                     資金決済の内容を確かめ、収納機関に照会してください。",
        },
        AlarmKind::RequestUnclear => AlarmWords {
            title: "承認した操作の結果が不明",
            remedy: "承認した操作を何度か試みましたが、行われたかどうかを確認できません。引き続き自動で試みています。\
                     起票の画面と対象の画面で状態を確かめ、続く場合はシステム担当に連絡してください。",
        },
        AlarmKind::TransferUnclear => AlarmWords {
            title: "振込の結果が不明",
            remedy: "銀行間ネットワークに何度照会しても、振込の結果が分かりません。金額は確保されたままで、同じ電文の再送を続けています。\
                     銀行間ネットワークと通信の状況を確かめてください。",
        },
        AlarmKind::TransferContradicted => AlarmWords {
            title: "振込の結果と矛盾する応答",
            remedy: "結果の決まった振込と矛盾する応答または返却が、銀行間ネットワークから届きました。お金はその応答では動いていません。\
                     振込の経過を確かめ、銀行間ネットワークに照会してください。",
        },
        AlarmKind::TransferReturnHeld => AlarmWords {
            title: "返却金の別段預金への入金",
            remedy: "返却された振込の金額を、引落口座が解約されているため別段預金に入金しました。\
                     お客さまに連絡し、返金先を確かめてください。",
        },
        AlarmKind::TransferStuck => AlarmWords {
            title: "予約振込の実行不可",
            remedy: "予約された振込を、当方のデータの不備により実行できません。お金は動いていません。ほかの予約の処理は続いています。\
                     振込の内容を確かめ、システム担当に連絡してください。",
        },
        AlarmKind::InterbankMessage => AlarmWords {
            title: "銀行間ネットワークからの処理できない電文",
            remedy: "銀行間ネットワークから届いた電文を、読み取れないか、対応する取引がないか、同じ番号で内容が異なるため処理していません。お金は動いていません。\
                     電文の内容を銀行間ネットワークに照会してください。",
        },
        AlarmKind::InterbankDay => AlarmWords {
            title: "為替決済の不一致",
            remedy: "銀行間ネットワークの記録と当方の記録が一致しないか、銀行間ネットワークの応答がなく、対象日の決済を終えていません。一致している振込は決済済みです。\
                     銀行間ネットワークに記録の確認を依頼してください。",
        },
        AlarmKind::DebitUnanswered => AlarmWords {
            title: "口座振替の結果が届かない",
            remedy: "口座振替(全国ネット型)の明細のうち、他行から振替の結果が届いていないものがあります。引き落とされたかどうかは分からず、\
                     収納企業には、届いた分もまだ入金していません。結果は届き次第、自動で処理します。他行に結果を照会してください。",
        },
        AlarmKind::FeesUnpaid => AlarmWords {
            title: "手数料の引落不能",
            remedy: "残高不足か、代表口座がないか解約されているため、後納手数料を引き落としていません。一部だけの引落しはしません。\
                     毎営業日の午前9時に、もう一度引き落とします。お客さまに連絡し、入金か口座を確かめてください。",
        },
        AlarmKind::StaffLocked => AlarmWords {
            title: "職員のログインまたはトークンの停止",
            remedy: "パスワードまたはワンタイムパスワードの誤りが続いたため、この職員の利用を停止しました。お金は動いていません。\
                     停止はシステム担当が解除します。本人に確かめ、本人でなければ接続元を調べてください。",
        },
        AlarmKind::TokenUnaddressed => AlarmWords {
            title: "トークンの送り先がない",
            remedy: "有効期限の近いトークンの代わりを、契約に届出住所がないため送っていません。期限を過ぎると、お客さまは取引を承認できなくなります。\
                     住所が登録されると、自動で発送します。お客さまに住所を確かめ、契約の画面で「届出住所の変更」を起票してください。",
        },
        AlarmKind::WorkStuck => AlarmWords {
            title: "処理の滞留",
            remedy: "送信待ちの処理を進められません。お金は今の状態から動きません。システム担当に連絡してください。",
        },
        AlarmKind::CircuitOpen => AlarmWords {
            title: "収納機関に接続できない",
            remedy: "数分間、どの電文にも応答がありません。新しい払込は受け付けず、送信待ちの払込は待たせています。\
                     収納機関とネットワークの状況を確かめてください。",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_of_transfers_raises_is_known() {
        for alarm in transfers::alarm::Alarm::ALL {
            let kind: AlarmKind = alarm.as_str().parse().unwrap();
            assert_eq!(kind.is_raised_once(), alarm.is_raised_once(), "{kind}");
        }
    }

    #[test]
    fn every_kind_has_a_title_of_its_own_and_says_what_to_do() {
        let mut titles: Vec<_> = AlarmKind::ALL.iter().map(|kind| alarm_words(*kind).title).collect();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), AlarmKind::ALL.len());
        for kind in AlarmKind::ALL {
            assert!(alarm_words(*kind).remedy.ends_with("ください。"), "{kind}");
        }
    }
}
