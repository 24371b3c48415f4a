//! What the tokenizer leaves unchecked: characters, names, references, attributes and the declaration.

use super::{ATTRIBUTES_MAX, NAME_BYTES_MAX};

/// Why a piece of markup was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    Forbidden(&'static str),
    TooMany(&'static str, usize),
    OtherEncoding,
}

/// XML 1.0 production 2.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Where a text has a character that XML forbids.
pub(super) fn forbidden(text: &str) -> Option<usize> {
    // most documents are plain throughout, and seen through byte by byte
    let plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'\x7f');
    if text.bytes().all(plain) {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_char(*c)).map(|(at, _)| at)
}

/// XML 1.0 production 3.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// XML 1.0 production 4 without the colon, which separates the prefix.
fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// XML 1.0 production 4a without the colon.
fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Prefix and local name.
pub(super) fn split_name(name: &str) -> Result<(Option<&str>, &str), Fault> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Fault::TooMany("bytes in a name", NAME_BYTES_MAX));
    }
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    };
    if is_plain_name(local) && prefix.is_none_or(is_plain_name) {
        Ok((prefix, local))
    } else {
        Err(Fault::Malformed("a name"))
    }
}

/// What `&name;` stands for: one of the five entities or a character by number.
pub(super) fn reference(name: &str) -> Result<char, Fault> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ if is_plain_name(name) => Err(Fault::Forbidden("an entity")),
            _ => Err(Fault::Malformed("a reference")),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // from_str_radix would take a sign
    let code = if digits.chars().all(|c| c.is_digit(radix)) {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)
    } else {
        None
    };
    code.filter(|c| is_char(*c)).ok_or(Fault::Malformed("a character by number"))
}

/// The attributes of a tag, in order, values normalised; duplicates by written name are refused.
pub(super) fn attributes(raw: &str) -> Result<Vec<(&str, String)>, Fault> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut rest = raw;
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return Ok(found);
        }
        if trimmed.len() == rest.len() {
            return Err(Fault::Malformed("white space between attributes"));
        }
        if found.len() == ATTRIBUTES_MAX {
            return Err(Fault::TooMany("attributes", ATTRIBUTES_MAX));
        }
        let (name, after) =
            trimmed.split_once('=').ok_or(Fault::Malformed("an attribute without a value"))?;
        let name = name.trim_end_matches(is_space);
        let (value, after) = quoted(after.trim_start_matches(is_space))?;
        if found.iter().any(|(other, _)| *other == name) {
            return Err(Fault::Malformed("an attribute given twice"));
        }
        found.push((name, attribute_value(value)?));
        rest = after;
    }
}

fn quoted(text: &str) -> Result<(&str, &str), Fault> {
    let unquoted = Fault::Malformed("an attribute's value without quotes");
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(unquoted)?;
    text[1..].split_once(quote).ok_or(Fault::Malformed("an attribute's value without an end"))
}

/// XML 1.0 section 3.3.3: a line break or tab written as such reads as a space.
fn attribute_value(raw: &str) -> Result<String, Fault> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '<' => return Err(Fault::Malformed("< in an attribute")),
            '&' => {
                let (name, after) = rest.split_once(';').ok_or(Fault::Malformed("a reference"))?;
                value.push(reference(name)?);
                rest = after;
            }
            '\r' => {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
                value.push(' ');
            }
            '\t' | '\n' => value.push(' '),
            _ => value.push(c),
        }
    }
    Ok(value)
}

/// The XML declaration, given what stands between `<?xml` and `?>`.
pub(super) fn declaration(raw: &str) -> Result<(), Fault> {
    let found = attributes(raw)?;
    let mut fields = found.iter().map(|(name, value)| (*name, value.as_str())).peekable();
    match fields.next() {
        Some(("version", "1.0")) => {}
        Some(("version", "1.1")) => return Err(Fault::Forbidden("XML 1.1")),
        _ => return Err(Fault::Malformed("the declaration's version")),
    }
    if let Some((_, encoding)) = fields.next_if(|(name, _)| *name == "encoding")
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        return Err(Fault::OtherEncoding);
    }
    let standalone = fields.next_if(|(name, _)| *name == "standalone");
    if standalone.is_some_and(|(_, value)| !matches!(value, "yes" | "no")) || fields.next().is_some() {
        return Err(Fault::Malformed("the declaration"));
    }
    Ok(())
}
