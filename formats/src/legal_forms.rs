//! Legal forms as names in Zengin characters abbreviate them (法人略語, 営業所略語, 事業略語): `カ)ミホン`.

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
    /// The abbreviation in katakana.
    pub kana: &'static str,
    /// Where it stands.
    pub kind: Kind,
}

macro_rules! forms {
    ($($kind:ident: $kana:literal = $($name:literal)*;)*) => {
        &[$(LegalForm { names: &[$($name),*], kana: $kana, kind: Kind::$kind }),*]
    };
}

/// Every form.
pub const LEGAL_FORMS: &[LegalForm] = forms! {
    Company: "カ" = "株式会社" "(株)" "㈱";
    Company: "ユ" = "有限会社" "(有)" "㈲";
    Company: "メ" = "合名会社" "(名)" "㈴";
    Company: "シ" = "合資会社" "(資)" "㈾";
    Company: "ド" = "合同会社" "(同)";
    Company: "イ" = "社会医療法人" "医療法人社団" "医療法人財団" "医療法人";
    Company: "ザイ" = "一般財団法人" "公益財団法人" "財団法人";
    Company: "シヤ" = "一般社団法人" "公益社団法人" "社団法人";
    Company: "シユウ" = "宗教法人";
    Company: "ガク" = "学校法人";
    Company: "フク" = "社会福祉法人";
    Company: "ソ" = "相互会社";
    Company: "ホゴ" = "更生保護法人";
    Company: "トクヒ" = "特定非営利活動法人" "NPO法人";
    Company: "チドク" = "地方独立行政法人";
    Company: "ドク" = "独立行政法人";
    Company: "ベン" = "弁護士法人";
    Company: "チユウ" = "有限責任中間法人" "中間法人";
    Company: "ギヨ" = "行政書士法人";
    Company: "シホウ" = "司法書士法人";
    Company: "ゼイ" = "税理士法人";
    Company: "ロウム" = "社会保険労務士法人";
    Company: "ダイ" = "国立大学法人" "公立大学法人";
    Company: "ノウ" = "農事組合法人";
    Company: "カンリ" = "管理組合法人";
    Office: "エイ" = "営業所";
    Office: "シユツ" = "出張所";
    Business: "レン" = "連合会";
    Business: "キヨウクミ" = "協同組合";
    Business: "カイジヨウ" = "海上火災保険";
    Business: "カサイ" = "火災海上保険";
    Business: "セイメイ" = "生命保険";
    Business: "ケンポ" = "健康保険組合";
    Business: "コウネン" = "厚生年金基金";
    Business: "ロウクミ" = "労働組合";
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
        let before = name.get(..at).unwrap_or_default().trim_end();
        let after = name.get(at + words.len()..).unwrap_or_default().trim_start();
        name = match (kind, before.is_empty(), after.is_empty()) {
            (Kind::Business, ..) => format!("{before}{kana}{after}"),
            (_, true, _) => format!("{kana}){after}"),
            (_, false, true) => format!("{before}({kana}"),
            // behind another abbreviation's bracket or in the middle of the name
            (_, false, false) => format!("{before}({kana}){after}"),
        };
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kana::{Class, ZenginText};

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
    fn every_abbreviation_can_be_written() {
        for form in LEGAL_FORMS {
            let written = ZenginText::typed(form.kana, Class::Party).unwrap();
            assert!(written.bytes() >= 1 && !form.names.is_empty(), "{form:?}");
        }
    }
}
