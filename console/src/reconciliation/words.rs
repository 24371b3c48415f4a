//! What the classes of breaks are called, and what to do about each, step by step.

use gateway::reconciliation::{Advice, Break, BreakClass, Ending, Summary};

use crate::words::Tag;

/// What a class is called.
pub const fn class_label(class: BreakClass) -> &'static str {
    match class {
        BreakClass::MissingHere => "当行になし",
        BreakClass::MissingThere => "収納機関になし",
        BreakClass::AmountDiffers => "金額相違",
        BreakClass::Duplicate => "二重",
        BreakClass::Conflicting => "食い違い",
        BreakClass::CarriedForward => "結果待ち",
    }
}

/// Icon, word and colour of a class.
pub const fn class_tag(class: BreakClass) -> Tag {
    match class {
        BreakClass::CarriedForward => Tag::wait(class_label(class)),
        _ => Tag::bad(class_label(class)),
    }
}

/// How a break may end.
pub const fn ending_label(ending: Ending) -> &'static str {
    match ending {
        Ending::Noted => "対応を書いて解消する",
        Ending::Recorded => "収納機関が記録した",
        Ending::Refunded => "払込人に返金する",
    }
}

/// What that comes to.
pub const fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::Noted => "お金は動きません。",
        Ending::Recorded => {
            "承認のときに照合し直します。収納機関の記録と一致したときだけ不一致が終わり、払込は資金決済に入ります。お金は動きません。"
        }
        Ending::Refunded => {
            "収納機関が「記録はなく、今後も記録しない」と回答したときに選びます。承認のときに照合し直し、記録がないことを確かめてから返金します。\
             払込は「返金済み」になり、資金決済に入りません。取り消せません。"
        }
    }
}

/// What a break is, in words.
pub const fn meaning(class: BreakClass, advice: Advice) -> &'static str {
    match (class, advice) {
        (_, Advice::CheckLedger) => {
            "払込の状態と元帳の記録が合っていません。当行のシステムの異常であり、収納機関の誤りではありません。"
        }
        (_, Advice::CheckCounters) => {
            "収納機関の収納カウンタが、収納機関自身の消込明細の合計と合っていません。払込ごとの記録とは別の食い違いです。"
        }
        (BreakClass::MissingHere, _) => {
            "収納機関に消込の記録がありますが、当行はこの処理通番の消込を送っていません。払込人から金額を受け取っていません。"
        }
        (BreakClass::MissingThere, _) => {
            "払込人から受け取り済みですが、収納機関に消込の記録がありません。このままでは、納付されていない扱いになります。\
             不一致が終わるまで、この払込は資金決済に入りません。"
        }
        (BreakClass::AmountDiffers, _) => {
            "両方に記録がありますが、金額が違います。正しいのは、払込人が確認し、当行が受け取った金額です。"
        }
        (BreakClass::Duplicate, _) => {
            "収納機関に、同じ処理通番または同じ請求の消込が二重に記録されています。払込人から受け取ったのは一度だけです。"
        }
        (BreakClass::Conflicting, Advice::CancelThere) => {
            "当行では取消しが成立し、お金を戻しましたが、収納機関では消込が残ったままです。"
        }
        (BreakClass::Conflicting, Advice::RecordThere) => {
            "当行では収納済み(または取消済み)ですが、収納機関では受付不可などの別の記録になっています。"
        }
        (BreakClass::Conflicting, _) => {
            "当行では払込人から受け取っていないか、返金した払込ですが、収納機関では消し込まれています。"
        }
        (BreakClass::CarriedForward, _) => {
            "払込または取消しの結果がまだ分かっていません。誤りかどうかは、結果が決まってから分かります。"
        }
    }
}

/// What to do, one step after the other.
pub const fn steps(advice: Advice) -> &'static [&'static str] {
    match advice {
        Advice::RecordThere => &[
            "払込の経過で、収納機関がいつ、どの応答コードで受け付けたかを確かめる。職員の起票で「消込あり」とした払込は、その照会をやり直す。",
            "収納機関の照会窓口に、処理通番、金額、受け付けた日時を伝え、消込を記録するよう依頼する。収納済みの払込は、当行から再送しても送られない。",
            "記録した日時と担当者名を聞いて控え、「照合し直す」を押す。一致すれば、この不一致は自動で終わる。",
            "収納機関が記録しないと回答したときは、閉局の後に、払込人への返金を起票する。承認のときに照合し直し、\
             記録がないことを確かめてから、金額と手数料が払込人に戻る。",
            "取消済みの払込は、収納機関と合意した内容を書いて解消を起票する。すでに資金決済に入った払込は、\
             収納機関に返戻を求め、その内容を書いて解消を起票する。",
        ],
        Advice::UndoThere => &[
            "処理通番で払込検索を行い、当行に成立した払込がないことを確かめる。",
            "収納機関の照会窓口に、処理通番と金額を伝え、当行が払込人から受け取っていない消込なので取り消すよう依頼する。",
            "取り消した日時と担当者名を聞いて控え、「照合し直す」を押す。一致すれば、この不一致は自動で終わる。",
            "収納機関が取り消さないと回答したときは、収納機関への支払額に含めないことを合意し、その内容を書いて解消を起票する。",
        ],
        Advice::UndoDuplicate => &[
            "上の収納機関の明細で、同じ処理通番の消込が何件あるかを確かめる。一件だけのときは、同じ請求がほかの処理通番でも消し込まれているので、同じ処理日の不一致一覧でもう一件を確かめる。",
            "収納機関の照会窓口に、処理通番と金額を伝え、二重の一件を取り消すよう依頼する。残す一件を必ず伝える。",
            "取り消した日時と担当者名を聞いて控え、「照合し直す」を押す。一致すれば、この不一致は自動で終わる。",
            "記録を直せないと回答されたときは、支払額を一件分とすることを合意し、その内容を書いて解消を起票する。",
        ],
        Advice::CancelThere => &[
            "払込の経過で、取消しが成立した日時と応答コードを確かめる。",
            "収納機関の照会窓口に、処理通番と金額を伝え、取消しを記録するよう依頼する。現金は払込人に返す扱いになっている。",
            "記録した日時と担当者名を聞いて控え、「照合し直す」を押す。一致すれば、この不一致は自動で終わる。",
            "取消しを記録できないと回答されたときは、支払額に含めないことを合意し、その内容を書いて解消を起票する。",
        ],
        Advice::CorrectAmount => &[
            "払込の金額と、払込人が確認した請求の内容を、払込の画面で確かめる。",
            "収納機関の照会窓口に、処理通番と当行の金額を伝え、記録の金額を訂正するよう依頼する。",
            "訂正した日時と担当者名を聞いて控え、「照合し直す」を押す。一致すれば、この不一致は自動で終わる。",
            "収納機関の金額が当行より多いまま訂正できないと回答されたときは、支払額を当行の金額とすることを合意し、その内容を書いて解消を起票する。\
             当行より少ないままのときは、消込の取消しを依頼し、照合し直してから、払込人への返金を起票する。",
        ],
        Advice::CheckLedger => &[
            "この払込について、再送、起票、資金決済の操作をしない。",
            "インシデントとして、すぐにシステム担当へ連絡し、払込の識別番号と処理通番を伝える。",
            "システム担当が監査(mpn audit)で元帳と払込の記録を調べる。",
            "原因と処置が決まってから、その内容を書いて解消を起票する。",
        ],
        Advice::CheckCounters => &[
            "開局・閉局の画面で「収納カウンタを問い合わせる」を押し、いまのカウンタを確かめる。",
            "払込ごとの不一致が同じ日にあれば、先にそちらを解消する。原因が同じことが多い。",
            "収納機関の照会窓口に、消込明細の合計とカウンタの差を伝え、理由を聞く。",
            "カウンタが直ったら「照合し直す」を押す。直せないときは、明細の合計で支払うことを合意し、その内容を書いて解消を起票する。",
        ],
        Advice::AwaitOutcome => &[
            "払込の画面を開き、結果不明であれば「いま再送する」を押す。二重には消し込まれない。",
            "再送しても応答がないときは、収納機関に照会し、その回答(消込あり・消込なし)を起票する。",
            "結果が決まった後に「照合し直す」を押す。この不一致は、そのとき自動で終わる。",
        ],
    }
}

/// What a line of the collector says became of a clearing.
pub fn status_label(status: &str) -> &str {
    match status {
        "cleared" => "消込",
        "provisional" => "仮消込",
        "refused" => "受付不可",
        "cancelled" => "取消済み",
        other => other,
    }
}

/// What a break is about.
pub fn subject_words(found: &Break) -> String {
    match found.subject.as_str() {
        "counters" => "収納カウンタ".to_owned(),
        serial => format!("処理通番 {serial}"),
    }
}

/// What a comparison came to.
pub fn summary_tag(summary: Option<&Summary>) -> Tag {
    match summary {
        None => Tag::info("未照合"),
        Some(summary) if summary.open_breaks == 0 && summary.ties_out() => Tag::ok("一致"),
        Some(summary) if summary.open_breaks == 0 => Tag::info("解消済み"),
        Some(summary) if only_waits(summary) => Tag::wait("結果待ち"),
        Some(_) => Tag::bad("不一致"),
    }
}

fn only_waits(summary: &Summary) -> bool {
    BreakClass::ALL
        .into_iter()
        .all(|class| class == BreakClass::CarriedForward || summary.count_of(class) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_classes_and_no_two_instructions_are_the_same() {
        let mut labels: Vec<_> = BreakClass::ALL.into_iter().map(class_label).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), BreakClass::ALL.len());
        let mut texts: Vec<_> = Advice::ALL.into_iter().map(|advice| steps(advice).concat()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Advice::ALL.len());
        for text in
            BreakClass::ALL.into_iter().flat_map(|class| Advice::ALL.map(|advice| meaning(class, advice)))
        {
            assert!(!text.contains("引き落と") && !text.contains("お客さま"), "also said of cash: {text}");
        }
        for advice in Advice::ALL {
            let text = steps(advice).concat();
            assert!(!text.contains("引き落と") && !text.contains("お客さま"), "also said of cash: {text}");
            assert!(steps(advice).iter().all(|step| step.ends_with('。')), "{advice:?}");
        }
    }

    #[test]
    fn a_comparison_is_told_in_one_word() {
        let of = |summary: Summary| summary_tag(Some(&summary)).word;
        let counted = |mut summary: Summary| {
            summary.totals.collector = Some(gateway::service::Counters::default());
            summary
        };
        assert_eq!(summary_tag(None).word, "未照合");
        assert_eq!(of(counted(Summary::default())), "一致");
        assert_eq!(of(Summary::default()), "解消済み", "the sums are not known to be the same");
        assert_eq!(of(Summary { open_breaks: 1, carried_forward: 1, ..Summary::default() }), "結果待ち");
        assert_eq!(of(Summary { open_breaks: 1, duplicate: 1, ..Summary::default() }), "不一致");
    }
}
