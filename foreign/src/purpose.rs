//! 送金目的, as data (`data/purposes.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

/// The file that is part of the program; a test reads it.
static PURPOSES: LazyLock<Vec<Purpose>> = LazyLock::new(|| {
    let text = include_str!("../data/purposes.toml");
    parse(text).unwrap_or_else(|error| panic!("data/purposes.toml, which a test reads: {error}"))
});

/// What a remittance is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Names it in a form.
    pub code: String,
    /// The word on a page.
    pub label: String,
    /// The words that authorities abroad are told, before what was typed.
    pub words: String,
    /// Its code in ISO 20022's list of purposes.
    pub iso: String,
    /// What is told of goods.
    #[serde(default)]
    pub goods: Goods,
}

/// What is told of goods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    /// Nothing: there are none.
    #[default]
    None,
    /// 輸入: goods, origin and port of shipment.
    Import,
    /// 仲介貿易: the destination too.
    Transit,
}

impl Purpose {
    /// Every one.
    pub fn all() -> &'static [Self] {
        &PURPOSES
    }

    /// By its code.
    pub fn of(code: &str) -> Option<&'static Self> {
        PURPOSES.iter().find(|purpose| purpose.code == code)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    purpose: Vec<Purpose>,
}

fn parse(text: &str) -> Result<Vec<Purpose>, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.purpose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use formats::swift::Charset;

    #[test]
    fn purposes_have_a_code_each_and_words_that_a_message_carries() {
        let all = Purpose::all();
        for (at, purpose) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other.code != purpose.code), "{}", purpose.code);
            assert!(purpose.iso.len() == 4 && purpose.iso.bytes().all(|byte| byte.is_ascii_uppercase()));
            assert!(purpose.words.chars().all(|c| Charset::X.carries(c)));
        }
        assert_eq!(Purpose::of("import").map(|purpose| purpose.goods), Some(Goods::Import));
        assert_eq!(Purpose::of("gift"), None);
    }
}
