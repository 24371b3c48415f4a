//! What the readers of JSON and of queries say, in the words of this API: who calls it need not know their language.

/// Characters of a detail at most: the readers quote what they were sent.
const DETAIL_CHARS_MAX: usize = 200;

/// The words for what a reader said. What our own types say stays as it is.
pub(super) fn words(said: &str) -> String {
    let words = of_form(said).or_else(|| of_number(said)).unwrap_or_else(|| said.to_owned());
    let mut bounded: String = words.chars().take(DETAIL_CHARS_MAX).collect();
    if bounded.len() < words.len() {
        bounded.push('…');
    }
    bounded
}

/// The field that is missing, unknown or there twice: its pointer is not told otherwise.
pub(super) fn field(said: &str) -> Option<&str> {
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    named.iter().find_map(|start| said.strip_prefix(start)?.split('`').next())
}

fn of_form(said: &str) -> Option<String> {
    let expected = || said.split_once("expected ").map_or("", |(_, expected)| expected);
    let starts = |start: &str| said.starts_with(start);
    Some(if starts("missing field `") {
        "it is missing".to_owned()
    } else if starts("duplicate field `") {
        "it is there twice".to_owned()
    } else if starts("unknown field `") {
        // the field's own name may be anything
        let known = said.rsplit_once("`, expected ").map_or("", |(_, known)| known);
        format!("there is no such field; expected {}", if known.is_empty() { "none" } else { known })
    } else if starts("unknown variant `") {
        let known = said.rsplit_once("`, expected ").map_or("another word", |(_, known)| known);
        format!("expected {known}")
    } else if let Some(found) = said.strip_prefix("invalid type: ") {
        let wanted = said.rsplit_once(", expected ").map_or("", |(_, wanted)| wanted);
        format!("expected {}, not {}", kind(wanted), found_kind(found))
    } else if starts("invalid value: ") {
        match kind(said.rsplit_once(", expected ").map_or("", |(_, wanted)| wanted)) {
            "a whole number" => "the number is out of range".to_owned(),
            wanted => format!("expected {wanted}"),
        }
    } else if starts("invalid length ") {
        format!("it has another length than expected: {}", kind(expected()))
    } else {
        return None;
    })
}

/// What the standard library and the calendar say of a parameter's text.
fn of_number(said: &str) -> Option<String> {
    let words = match said {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "expected a whole number"
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "the number is out of range"
        }
        "provided string was not `true` or `false`" => "expected true or false",
        "premature end of input"
        | "trailing input"
        | "input contains invalid characters"
        | "input is out of range"
        | "input is not enough for unique date and time" => "expected a day such as 2026-11-24",
        _ => return None,
    };
    Some(words.to_owned())
}

/// What was wanted, from what a reader calls it.
fn kind(wanted: &str) -> &str {
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            "a whole number"
        }
        "a string" | "a borrowed string" | "string or map" | "str" => "text",
        "a boolean" => "true or false",
        "a formatted date string" => "a day such as 2026-11-24",
        other if other.starts_with("struct ") || other.starts_with("a map") => "an object",
        other if other.starts_with("enum ") || other.starts_with("variant ") => "one of its words",
        "" => "something else",
        other => other,
    }
}

/// What was found instead.
fn found_kind(found: &str) -> &'static str {
    let kinds = [
        ("string", "text"),
        ("integer", "a whole number"),
        ("floating point", "a number with a fraction"),
        ("boolean", "true or false"),
        ("null", "null"),
        ("map", "an object"),
        ("sequence", "a list"),
    ];
    kinds.iter().find(|(start, _)| found.starts_with(start)).map_or("this", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_but_the_apis_own_is_spoken() {
        for (said, wanted) in [
            ("missing field `account`", "it is missing"),
            ("duplicate field `amount`", "it is there twice"),
            ("unknown field `x`, expected `now`", "there is no such field; expected `now`"),
            ("unknown field `a`, expected b`, expected `now`", "there is no such field; expected `now`"),
            ("unknown field `x`, there are no fields", "there is no such field; expected none"),
            ("unknown variant `x`, expected `ordinary` or `current`", "expected `ordinary` or `current`"),
            ("invalid type: string \"1\", expected i64", "expected a whole number, not text"),
            ("invalid type: string \", expected u8\", expected i64", "expected a whole number, not text"),
            (
                "invalid type: floating point `1.5`, expected i64",
                "expected a whole number, not a number with a fraction",
            ),
            ("invalid type: integer `7`, expected a string", "expected text, not a whole number"),
            (
                "invalid type: integer `5`, expected struct PaymentInput",
                "expected an object, not a whole number",
            ),
            ("invalid type: null, expected a boolean", "expected true or false, not null"),
            (
                "invalid type: map, expected a formatted date string",
                "expected a day such as 2026-11-24, not an object",
            ),
            ("invalid value: integer `-1`, expected u32", "the number is out of range"),
            ("invalid digit found in string", "expected a whole number"),
            ("provided string was not `true` or `false`", "expected true or false"),
            ("trailing input", "expected a day such as 2026-11-24"),
            ("a collector number has five digits", "a collector number has five digits"),
        ] {
            assert_eq!(words(said), wanted, "{said}");
        }
    }

    #[test]
    fn what_a_caller_sent_comes_back_in_part_at_most() {
        let told = words(&format!("own words about {}", "長".repeat(5_000)));
        assert_eq!(told.chars().count(), DETAIL_CHARS_MAX + 1);
        assert!(told.ends_with('…'));
        assert_eq!(field("unknown field `x/y`, expected `now`"), Some("x/y"));
        assert_eq!(field("invalid type: null, expected a boolean"), None);
    }
}
