//! Which fields the messages have, as data (`data/swift.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

use super::Notation;
use super::message::Kind;

/// The file that is part of the program; a test reads it.
static CATALOGUE: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let text = include_str!("../../data/swift.toml");
    parse(text).unwrap_or_else(|error| panic!("data/swift.toml, which a test reads: {error}"))
});

/// The fields of a message, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Which message.
    pub kind: Kind,
    /// What it is to a clerk: 信用状の発行.
    pub name: String,
    /// The most characters of the whole message.
    pub chars_max: usize,
    /// Its fields.
    pub fields: Vec<FieldLayout>,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLayout {
    /// `45A`.
    pub tag: String,
    /// What it is to a clerk: 商品.
    pub name: String,
    /// What stands once: the tag, or the letter in small for the one that was chosen, `42a`.
    pub item: String,
    /// Its form.
    pub form: Notation,
    /// Whether its item must be there.
    pub must: bool,
}

impl FieldLayout {
    /// `45A 商品`, as it is told to people.
    pub fn title(&self) -> String {
        format!("{} {}", self.tag, self.name)
    }
}

impl Layout {
    /// Of a message.
    pub fn of(kind: Kind) -> &'static Self {
        let found = CATALOGUE.iter().find(|layout| layout.kind == kind);
        found.unwrap_or_else(|| unreachable!("a test finds every message in data/swift.toml"))
    }

    /// A field.
    pub fn field(&self, tag: &str) -> Option<&FieldLayout> {
        self.fields.iter().find(|field| field.tag == tag)
    }

    /// Its place among the fields.
    pub(super) fn place(&self, tag: &str) -> usize {
        self.fields.iter().position(|field| field.tag == tag).unwrap_or(self.fields.len())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    message: Vec<WrittenMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMessage {
    kind: String,
    name: String,
    chars_max: usize,
    fields: Vec<WrittenField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    tag: String,
    name: String,
    form: String,
    item: Option<String>,
    #[serde(default)]
    must: bool,
}

fn parse(text: &str) -> Result<Vec<Layout>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let field = |field: WrittenField| {
        let form = Notation::parse(&field.form).ok_or_else(|| format!("{} of {}", field.form, field.tag))?;
        let item = field.item.unwrap_or_else(|| field.tag.clone());
        Ok(FieldLayout { tag: field.tag, name: field.name, item, form, must: field.must })
    };
    let layout = |message: WrittenMessage| {
        Ok(Layout {
            kind: message.kind.parse().map_err(|_| message.kind)?,
            name: message.name,
            chars_max: message.chars_max,
            fields: message.fields.into_iter().map(field).collect::<Result<_, String>>()?,
        })
    };
    file.message.into_iter().map(layout).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_message_is_there_and_every_tag_once() {
        for kind in Kind::ALL {
            let layout = Layout::of(*kind);
            let tags: HashSet<&str> = layout.fields.iter().map(|field| field.tag.as_str()).collect();
            assert_eq!(tags.len(), layout.fields.len(), "{kind}");
        }
        assert_eq!(Layout::of(Kind::Issue).fields.len(), 45);
        assert_eq!(Layout::of(Kind::Issue).field("45A").unwrap().title(), "45A 商品");
    }

    #[test]
    fn what_is_no_catalogue_is_refused() {
        let message = |fields: &str| {
            format!("[[message]]\nkind = \"700\"\nname = \"x\"\nchars_max = 1\nfields = [{fields}]\n")
        };
        assert!(parse(&message("{ tag = \"20\", name = \"x\", form = \"16x\" }")).is_ok());
        assert!(parse(&message("{ tag = \"20\", name = \"x\", form = \"16q\" }")).is_err());
        assert!(parse(&message("{ tag = \"20\", name = \"x\", form = \"16x\", other = 1 }")).is_err());
        assert!(parse(&message("").replace("700", "999")).is_err());
    }
}
