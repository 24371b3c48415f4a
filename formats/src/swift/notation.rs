//! The form of a field in SWIFT's notation, read, and values held against it.

use super::Charset;
use crate::finding::Fault;

/// The form of a field: `[/34x$]4*35x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notation {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A character that stands there.
    Sign(char),
    /// A line break.
    Break,
    /// Characters of a kind: at least, and at most.
    Run(Kind, usize, usize),
    /// What may be left out.
    Optional(Vec<Part>),
    /// Up to so many lines.
    Lines(usize, Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Digit,
    Capital,
    CapitalOrDigit,
    Set(Charset),
    /// An amount: digits with one comma among or behind them.
    Amount,
}

/// What a value has at a place that its form does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line, from 1.
    pub line: usize,
    /// The character, from 1; nothing where the whole line is meant.
    pub column: Option<usize>,
    /// What was found there.
    pub found: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Notation {
    /// Reads a form; nothing where it is none.
    pub fn parse(written: &str) -> Option<Self> {
        let chars: Vec<char> = written.chars().collect();
        let mut rest = chars.as_slice();
        let parts = parts(&mut rest, None)?;
        rest.is_empty().then(|| Self { written: written.to_owned(), parts })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// In words, for people: `英大文字3文字、金額15文字まで`.
    pub fn words(&self) -> String {
        words(&self.parts)
    }

    /// The set of its texts.
    pub fn charset(&self) -> Charset {
        if self.written.contains('z') { Charset::Z } else { Charset::X }
    }

    /// The most lines of a value.
    pub fn lines_max(&self) -> usize {
        1 + breaks_max(&self.parts)
    }

    /// The most characters of a line, where all lines may have the same.
    pub fn line_chars_max(&self) -> Option<usize> {
        match self.parts.as_slice() {
            [Part::Run(_, _, most)] => Some(*most),
            [Part::Lines(_, inner)] => match inner.as_slice() {
                [Part::Run(_, _, most)] => Some(*most),
                _ => None,
            },
            _ => None,
        }
    }

    /// Everything by which a value, its lines separated by `\n`, is not of this form; at most one a line where it is
    /// the characters, and else the first.
    pub fn misfits(&self, value: &str) -> Vec<Misfit> {
        let misfit =
            |line, column, found: &str, fault| Misfit { line, column, found: found.to_owned(), fault };
        if value.trim().is_empty() {
            return vec![misfit(1, None, "", Fault::Missing)];
        }
        let set = self.charset();
        let of_characters: Vec<Misfit> =
            value.split('\n').enumerate().filter_map(|(at, line)| of_line(set, at + 1, line)).collect();
        if !of_characters.is_empty() {
            return of_characters;
        }
        let (lines, most) = (value.split('\n').count(), self.lines_max());
        if lines > most {
            return vec![misfit(most + 1, None, "", Fault::TooManyLines { most })];
        }
        if let Some(most) = self.line_chars_max() {
            let long = |(at, line): (usize, &str)| {
                (line.len() > most).then(|| misfit(at + 1, Some(most + 1), line, Fault::LineTooLong { most }))
            };
            let long: Vec<Misfit> = value.split('\n').enumerate().filter_map(long).collect();
            if !long.is_empty() {
                return long;
            }
        }
        self.furthest(value).map_or_else(Vec::new, |furthest| {
            let before = value.get(..furthest.at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
            let whole = value.split('\n').nth(line - 1).unwrap_or_default();
            vec![match (value.as_bytes().get(furthest.at), furthest.full) {
                // a line that has no place behind those that fit
                (Some(b'\n'), _) => misfit(line + 1, None, "", Fault::TooManyLines { most: line }),
                (Some(_), Some(most)) => misfit(line, Some(column), whole, Fault::LineTooLong { most }),
                _ => misfit(line, Some(column), whole, Fault::Form(self.words())),
            }]
        })
    }

    /// How far a value fits; nothing where it does so to its end. The value is ASCII.
    fn furthest(&self, value: &str) -> Option<Furthest> {
        let mut furthest = Furthest { at: 0, full: None };
        let whole = |rest: usize| rest == value.len();
        let fits = follow(&self.parts, value.as_bytes(), 0, &mut furthest, &whole);
        (!fits).then_some(furthest)
    }
}

/// The place up to which a value fits.
struct Furthest {
    at: usize,
    /// The most characters of a text, where it is one that ends there because it is full.
    full: Option<usize>,
}

impl Furthest {
    fn reached(&mut self, at: usize, full: Option<usize>) {
        if at > self.at || (at == self.at && full.is_some()) {
            (self.at, self.full) = (at, full);
        }
    }
}

/// What of a line no message carries.
fn of_line(set: Charset, line: usize, text: &str) -> Option<Misfit> {
    let misfit = |column, found: String, fault| Some(Misfit { line, column, found, fault });
    if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| !set.carries(*c)) {
        let fault = Fault::NotCarried { set, instead: set.instead(c).map(|text| text.into_owned()) };
        return misfit(Some(at + 1), c.to_string(), fault);
    }
    if text.starts_with([':', '-']) {
        return misfit(Some(1), text.to_owned(), Fault::LineStart);
    }
    if text.trim().is_empty() { misfit(None, String::new(), Fault::BlankLine) } else { None }
}

fn words(parts: &[Part]) -> String {
    let of = |part: &Part| match part {
        Part::Sign(sign) => format!("「{sign}」"),
        Part::Break => "改行".to_owned(),
        Part::Run(kind, least, most) => {
            let to = if least == most { "" } else { "まで" };
            format!("{}{most}文字{to}", kind.word())
        }
        Part::Optional(inner) => format!("({}。なくてもよい)", words(inner)),
        Part::Lines(most, inner) => format!("{}の行を{most}行まで", words(inner)),
    };
    parts.iter().map(of).collect::<Vec<_>>().join("、")
}

fn breaks_max(parts: &[Part]) -> usize {
    let of = |part: &Part| match part {
        Part::Break => 1,
        Part::Sign(_) | Part::Run(..) => 0,
        Part::Optional(inner) => breaks_max(inner),
        Part::Lines(most, inner) => most * (breaks_max(inner) + 1) - 1,
    };
    parts.iter().map(of).sum()
}

/// Reads parts up to the sign that closes them.
fn parts(rest: &mut &[char], closing: Option<char>) -> Option<Vec<Part>> {
    let mut found = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        *rest = after;
        found.push(match first {
            c if Some(*c) == closing => return Some(found),
            '[' => Part::Optional(parts(rest, Some(']'))?),
            '$' => Part::Break,
            '/' => Part::Sign('/'),
            digit if digit.is_ascii_digit() => counted(*digit, rest)?,
            _ => return None,
        });
    }
    closing.is_none().then_some(found)
}

/// What begins with a count: `35x`, `6!n`, `4*35x`, `4*(1!n/33x)`.
fn counted(first: char, rest: &mut &[char]) -> Option<Part> {
    let mut count = first.to_digit(10)? as usize;
    loop {
        let (next, after) = rest.split_first()?;
        *rest = after;
        match next {
            digit if digit.is_ascii_digit() => count = count * 10 + digit.to_digit(10)? as usize,
            '!' => {
                let (kind, after) = rest.split_first()?;
                *rest = after;
                return Some(Part::Run(Kind::of(*kind)?, count, count));
            }
            '*' => {
                let (next, after) = rest.split_first()?;
                *rest = after;
                let inner = match next {
                    '(' => parts(rest, Some(')'))?,
                    digit => vec![counted(*digit, rest)?],
                };
                return Some(Part::Lines(count, inner));
            }
            kind => return Some(Part::Run(Kind::of(*kind)?, 1, count)),
        }
    }
}

impl Kind {
    const fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'n' => Self::Digit,
            'a' => Self::Capital,
            'c' => Self::CapitalOrDigit,
            'd' => Self::Amount,
            'x' => Self::Set(Charset::X),
            'z' => Self::Set(Charset::Z),
            _ => return None,
        })
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Digit => "数字",
            Self::Capital => "英大文字",
            Self::CapitalOrDigit => "英大文字か数字",
            Self::Set(_) => "",
            Self::Amount => "金額(小数点は「,」)",
        }
    }

    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Capital => byte.is_ascii_uppercase(),
            Self::CapitalOrDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Amount => byte.is_ascii_digit() || byte == b',',
            Self::Set(set) => set.carries(char::from(byte)),
        }
    }
}

/// Whether an amount is one: a digit before its one comma.
fn is_amount(bytes: &[u8]) -> bool {
    bytes.first() != Some(&b',') && bytes.iter().filter(|byte| **byte == b',').count() == 1
}

/// Whether parts fit from a place on, and then what comes behind them.
fn follow(
    parts: &[Part],
    value: &[u8],
    at: usize,
    furthest: &mut Furthest,
    then: &dyn Fn(usize) -> bool,
) -> bool {
    furthest.reached(at, None);
    let Some((part, rest)) = parts.split_first() else { return then(at) };
    match part {
        Part::Sign(sign) => {
            value.get(at).map(|byte| char::from(*byte)) == Some(*sign)
                && follow(rest, value, at + 1, furthest, then)
        }
        Part::Break => value.get(at) == Some(&b'\n') && follow(rest, value, at + 1, furthest, then),
        Part::Run(kind, least, most) => {
            let from = value.get(at..).unwrap_or_default();
            let taken = from.iter().take(*most).take_while(|byte| kind.takes(**byte)).count();
            let is_full = matches!(kind, Kind::Set(_)) && taken == *most;
            furthest.reached(at + taken, is_full.then_some(*most));
            (*least..=taken).rev().any(|length| {
                let run = from.get(..length).unwrap_or_default();
                (*kind != Kind::Amount || is_amount(run)) && follow(rest, value, at + length, furthest, then)
            })
        }
        Part::Optional(inner) => {
            let mut with = inner.clone();
            with.extend_from_slice(rest);
            follow(&with, value, at, furthest, then) || follow(rest, value, at, furthest, then)
        }
        Part::Lines(most, inner) => {
            let mut one = inner.clone();
            if *most > 1 {
                one.push(Part::Optional(vec![Part::Break, Part::Lines(most - 1, inner.clone())]));
            }
            one.extend_from_slice(rest);
            follow(&one, value, at, furthest, then)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fits(form: &str, value: &str) -> Result<(), (usize, Option<usize>, Fault)> {
        let first = Notation::parse(form).unwrap().misfits(value).into_iter().next();
        first.map_or(Ok(()), |misfit| Err((misfit.line, misfit.column, misfit.fault)))
    }

    #[test]
    fn values_of_a_form_fit_it() {
        for (form, value) in [
            ("16x", "LC-2026/0001"),
            ("1!n/1!n", "1/3"),
            ("3!a15d", "USD1234,50"),
            ("3!a15d", "JPY1234,"),
            ("6!n29x", "270131TOKYO"),
            ("2n/2n", "5/10"),
            ("30x[/35x]", "OTHR/URC 522 APPLIES TO THIS UNDERTAKING"),
            ("30x[/35x]", "UCP LATEST VERSION"),
            ("[/34x$]4*35x", "/123456\nNAME\nSTREET"),
            ("[/34x$]4*35x", "NAME"),
            ("4!a2!a2!c[3!c]$14x", "EXMPDEFFXXX\nBY PAYMENT"),
            ("4*35x$14x", "ANY BANK\nIN GERMANY\nBY NEGOTIATION"),
            ("4*(1!n/33x)", "1/NAME\n2/STREET\n3/DE/BERLIN"),
            ("4!c[$6*35z]", "OTHR\nHALF EACH"),
        ] {
            assert_eq!(fits(form, value), Ok(()), "{form} {value}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let form = |form: &str| Fault::Form(Notation::parse(form).unwrap().words());
        for (notation, value, misfit) in [
            ("16x", " ", (1, None, Fault::Missing)),
            ("16x", "12345678901234567", (1, Some(17), Fault::LineTooLong { most: 16 })),
            ("4*35x", "A\nB\nC\nD\nE", (5, None, Fault::TooManyLines { most: 4 })),
            ("4*35x", "A\n\nC", (2, None, Fault::BlankLine)),
            ("4*35x", "A\n- B", (2, Some(1), Fault::LineStart)),
            ("4*35x", "A\nB:\n:C", (3, Some(1), Fault::LineStart)),
            (
                "4*35x",
                "A\nB & C",
                (2, Some(3), Fault::NotCarried { set: Charset::X, instead: Some("AND".to_owned()) }),
            ),
            ("100*65z", "A\nB 社", (2, Some(3), Fault::NotCarried { set: Charset::Z, instead: None })),
            ("3!a15d", "USD1234.50", (1, Some(8), form("3!a15d"))),
            ("3!a15d", "USD1234", (1, Some(8), form("3!a15d"))),
            ("3!a15d", "USD1,2,3", (1, Some(9), form("3!a15d"))),
            ("1!n/1!n", "1-3", (1, Some(2), form("1!n/1!n"))),
            ("[/34x$]4*35x", "A\nB\nC\nD\nE", (5, None, Fault::TooManyLines { most: 4 })),
            (
                "[/34x$]4*35x",
                &format!("/1\n{}", "X".repeat(36)),
                (2, Some(36), Fault::LineTooLong { most: 35 }),
            ),
            ("6!n29x", &format!("270131{}", "X".repeat(30)), (1, Some(36), Fault::LineTooLong { most: 29 })),
            ("6!n29x", "270131", (1, Some(7), form("6!n29x"))),
            ("4*(1!n/33x)", "1/NAME\nSTREET", (2, Some(1), form("4*(1!n/33x)"))),
        ] {
            assert_eq!(fits(notation, value), Err(misfit), "{notation} {value}");
        }
    }

    #[test]
    fn a_long_text_is_held_against_its_form_without_delay() {
        let line = "X".repeat(65);
        let text = vec![line.as_str(); 100].join("\n");
        assert_eq!(fits("100*65z", &text), Ok(()));
        assert_eq!(fits("[/34x$]4*35x", &"/".repeat(35)).map_err(|misfit| misfit.1), Ok(()));
        assert_eq!(fits("4*35x$14x", &"A\n".repeat(3)).map_err(|misfit| misfit.2), Err(Fault::BlankLine));
    }

    #[test]
    fn a_form_is_told_in_words() {
        for (form, words) in [
            ("3!a15d", "英大文字3文字、金額(小数点は「,」)15文字まで"),
            ("6!n29x", "数字6文字、29文字まで"),
            ("1!n/1!n", "数字1文字、「/」、数字1文字"),
            ("[/34x$]4*35x", "(「/」、34文字まで、改行。なくてもよい)、35文字までの行を4行まで"),
        ] {
            assert_eq!(Notation::parse(form).unwrap().words(), words);
        }
    }

    #[test]
    fn what_is_no_form_is_not_read() {
        for wrong in ["x", "35", "35q", "[35x", "35x]", "4*", "4*(35x", "35x)", "A", "6!"] {
            assert_eq!(Notation::parse(wrong), None, "{wrong}");
        }
        let sizes = |form: &str| {
            let notation = Notation::parse(form).unwrap();
            (notation.lines_max(), notation.line_chars_max())
        };
        assert_eq!(sizes("4*35x"), (4, Some(35)));
        assert_eq!(sizes("[/34x$]4*35x"), (5, None));
        assert_eq!(sizes("16x"), (1, Some(16)));
    }
}
