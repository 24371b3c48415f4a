//! Legal forms as names in Zengin characters abbreviate them (法人略語, 営業所略語, 事業略語): `カ)ミホン`.

use unicode_normalization::UnicodeNormalization as _;

use crate::kana::ZenginText;

/// Where an abbreviation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 法人略語: in brackets, one a name.
    Company,
    /// 営業所略語: in brackets, behind the name.
    Office,
    /// 事業略語: without brackets, in its place.
    Business,
}

/// A form and its abbreviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegalForm {
    /// As it is written out, the longest first.
    pub names: &'static [&'static str],
    /// As it is read, in large katakana, the longest first.
    pub readings: &'static [&'static str],
    /// The abbreviation in katakana.
    pub kana: &'static str,
    /// Where it stands.
    pub kind: Kind,
}

macro_rules! forms {
    ($($kind:ident: $kana:literal = $($name:literal)* | $($reading:literal)*;)*) => {
        &[$(LegalForm {
            names: &[$($name),*],
            readings: &[$($reading),*],
            kana: $kana,
            kind: Kind::$kind,
        }),*]
    };
}

/// Every form.
pub const LEGAL_FORMS: &[LegalForm] = forms! {
    Company: "カ" = "株式会社" "(株)" "㈱" | "カブシキガイシヤ" "カブシキカイシヤ";
    Company: "ユ" = "有限会社" "(有)" "㈲" | "ユウゲンガイシヤ" "ユウゲンカイシヤ";
    Company: "メ" = "合名会社" "(名)" "㈴" | "ゴウメイガイシヤ" "ゴウメイカイシヤ";
    Company: "シ" = "合資会社" "(資)" "㈾" | "ゴウシガイシヤ" "ゴウシカイシヤ";
    Company: "ド" = "合同会社" "(同)" | "ゴウドウガイシヤ" "ゴウドウカイシヤ";
    Company: "イ" = "社会医療法人" "医療法人社団" "医療法人財団" "医療法人" | "シヤカイイリヨウホウジン" "イリヨウホウジンシヤダン" "イリヨウホウジンザイダン" "イリヨウホウジン";
    Company: "ザイ" = "一般財団法人" "公益財団法人" "財団法人" | "イツパンザイダンホウジン" "コウエキザイダンホウジン" "ザイダンホウジン";
    Company: "シヤ" = "一般社団法人" "公益社団法人" "社団法人" | "イツパンシヤダンホウジン" "コウエキシヤダンホウジン" "シヤダンホウジン";
    Company: "シユウ" = "宗教法人" | "シユウキヨウホウジン";
    Company: "ガク" = "学校法人" | "ガツコウホウジン";
    Company: "フク" = "社会福祉法人" | "シヤカイフクシホウジン";
    Company: "ソ" = "相互会社" | "ソウゴガイシヤ" "ソウゴカイシヤ";
    Company: "ホゴ" = "更生保護法人" | "コウセイホゴホウジン";
    Company: "トクヒ" = "特定非営利活動法人" "NPO法人" | "トクテイヒエイリカツドウホウジン";
    Company: "チドク" = "地方独立行政法人" | "チホウドクリツギヨウセイホウジン";
    Company: "ドク" = "独立行政法人" | "ドクリツギヨウセイホウジン";
    Company: "ベン" = "弁護士法人" | "ベンゴシホウジン";
    Company: "チユウ" = "有限責任中間法人" "中間法人" | "ユウゲンセキニンチユウカンホウジン" "チユウカンホウジン";
    Company: "ギヨ" = "行政書士法人" | "ギヨウセイシヨシホウジン";
    Company: "シホウ" = "司法書士法人" | "シホウシヨシホウジン";
    Company: "ゼイ" = "税理士法人" | "ゼイリシホウジン";
    Company: "ロウム" = "社会保険労務士法人" | "シヤカイホケンロウムシホウジン";
    Company: "ダイ" = "国立大学法人" "公立大学法人" | "コクリツダイガクホウジン" "コウリツダイガクホウジン";
    Company: "ノウ" = "農事組合法人" | "ノウジクミアイホウジン";
    Company: "カンリ" = "管理組合法人" | "カンリクミアイホウジン";
    Office: "エイ" = "営業所" |;
    Office: "シユツ" = "出張所" |;
    Business: "レン" = "連合会" |;
    Business: "キヨウクミ" = "協同組合" |;
    Business: "カイジヨウ" = "海上火災保険" |;
    Business: "カサイ" = "火災海上保険" |;
    Business: "セイメイ" = "生命保険" |;
    Business: "ケンポ" = "健康保険組合" |;
    Business: "コウネン" = "厚生年金基金" |;
    Business: "ロウクミ" = "労働組合" |;
};

/// A name with its forms abbreviated and in the place where they stood: what a form offers for a name with kanji in it.
/// The rest of the name is as it was typed.
pub fn abbreviated(name: &str) -> String {
    let mut name: String = name.trim().replace('（', "(").replace('）', ")");
    for kind in [Kind::Company, Kind::Office, Kind::Business] {
        let found = LEGAL_FORMS.iter().filter(|form| form.kind == kind).flat_map(|form| {
            let places = form.names.iter().filter_map(|words| Some((name.find(words)?, *words)));
            places.map(|(at, words)| (at, words, form.kana)).collect::<Vec<_>>()
        });
        // the first in the name, the longest of those that begin there
        let first = found.min_by_key(|(at, words, _)| (*at, std::cmp::Reverse(words.len())));
        let Some((at, words, kana)) = first else { continue };
        name = placed(&name, (at, words.len()), kind, kana);
    }
    name
}

/// The same of a name in kana whose form is written as it is read: `カブシキガイシャミホン`. What a form offers for it, in
/// full-width kana; nothing where there is no such form.
pub fn abbreviated_reading(name: &ZenginText) -> Option<String> {
    let name: String = name.as_str().nfkc().collect();
    let found = LEGAL_FORMS.iter().flat_map(|form| {
        let places = form.readings.iter().filter_map(|words| Some((name.find(words)?, words.len())));
        places.map(|(at, bytes)| (at, bytes, form)).collect::<Vec<_>>()
    });
    let (at, bytes, form) = found.min_by_key(|(at, bytes, _)| (*at, std::cmp::Reverse(*bytes)))?;
    Some(placed(&name, (at, bytes), form.kind, form.kana))
}

/// Whether a name in Zengin characters is an abbreviation in its bracket and nothing else: `(ｶ`.
pub fn is_form_alone(name: &str) -> bool {
    let name: String = name.nfkc().collect();
    let bare = name.trim_matches(['(', ')', ' ']);
    name.contains(['(', ')']) && LEGAL_FORMS.iter().any(|form| form.kana == bare)
}

/// A name with an abbreviation in the place of what stands at some bytes of it.
fn placed(name: &str, (at, bytes): (usize, usize), kind: Kind, kana: &str) -> String {
    let before = name.get(..at).unwrap_or_default().trim_end();
    let after = name.get(at + bytes..).unwrap_or_default().trim_start();
    match (kind, before.is_empty(), after.is_empty()) {
        (Kind::Business, ..) => format!("{before}{kana}{after}"),
        (_, true, _) => format!("{kana}){after}"),
        (_, false, true) => format!("{before}({kana}"),
        // behind another abbreviation's bracket or in the middle of the name
        (_, false, false) => format!("{before}({kana}){after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kana::Class;

    #[test]
    fn a_form_without_a_name_is_none() {
        for (name, alone) in [
            ("(ｶ", true),
            ("ｶ)", true),
            ("(ﾄﾞ) ", true),
            ("(ｼﾕﾂ", true),
            ("ｶ", false),
            ("ｶ)ｶ", false),
            ("ｶ)ﾐﾎﾝ", false),
            ("", false),
        ] {
            assert_eq!(is_form_alone(name), alone, "{name}");
        }
    }

    #[test]
    fn a_form_is_abbreviated_where_it_stands() {
        for (name, offered) in [
            ("株式会社ミホン", "カ)ミホン"),
            ("ミホン株式会社", "ミホン(カ"),
            ("ミホン株式会社センダイ営業所", "ミホン(カ)センダイ(エイ"),
            ("㈱ミホン", "カ)ミホン"),
            ("（有）レイジ", "ユ)レイジ"),
            ("医療法人社団ミホン会", "イ)ミホン会"),
            ("地方独立行政法人ミホン", "チドク)ミホン"),
            ("ミホン海上火災保険", "ミホンカイジヨウ"),
            ("ヤマダ タロウ", "ヤマダ タロウ"),
        ] {
            assert_eq!(abbreviated(name), offered, "{name}");
        }
    }

    #[test]
    fn a_form_that_is_written_as_it_is_read_is_offered_in_short_in_any_width_and_script() {
        let offered = |typed: &str| abbreviated_reading(&ZenginText::typed(typed, Class::Party).unwrap());
        for (name, short) in [
            ("かぶしきがいしゃ みほん", "カ)ミホン"),
            ("カブシキガイシャミホン", "カ)ミホン"),
            ("ﾐﾎﾝｶﾌﾞｼｷｶｲｼｬ", "ミホン(カ"),
            ("ミホン カブシキガイシヤ センダイ", "ミホン(カ)センダイ"),
            ("ゆうげんがいしゃレイジ", "ユ)レイジ"),
            ("いりょうほうじんしゃだんミホンカイ", "イ)ミホンカイ"),
            ("チホウドクリツギョウセイホウジンミホン", "チドク)ミホン"),
        ] {
            assert_eq!(offered(name).as_deref(), Some(short), "{name}");
        }
        for name in ["カ)ミホン", "カブシキ ミホン", "ヤマダ タロウ"] {
            assert_eq!(offered(name), None, "{name}");
        }
    }

    #[test]
    fn every_reading_can_be_found() {
        for form in LEGAL_FORMS {
            for reading in form.readings {
                let sent = ZenginText::typed(reading, Class::Party).unwrap();
                assert_eq!(sent.as_str().nfkc().collect::<String>(), *reading);
                assert_eq!(abbreviated_reading(&sent), Some(format!("{})", form.kana)), "{reading}");
            }
        }
    }

    #[test]
    fn every_abbreviation_can_be_written() {
        for form in LEGAL_FORMS {
            let written = ZenginText::typed(form.kana, Class::Party).unwrap();
            assert!(written.bytes() >= 1 && !form.names.is_empty(), "{form:?}");
        }
    }
}
