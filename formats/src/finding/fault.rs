//! What can be wrong with a file.

use domain::Date;

use crate::iso20022::pacs008;
use crate::kana::{Class, Unwritable};
use crate::swift::Charset;
use crate::swift::credit::Breach;

/// Something that can be wrong. Each has a code for scripts, and words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is in the file.
    Empty,
    /// A ZIP archive.
    Zip,
    /// A workbook of a spreadsheet.
    Workbook,
    /// Packed, a picture or a document: named by its kind.
    Foreign(&'static str),
    /// XML where there should be none.
    Xml,
    /// UTF-16.
    Utf16,
    /// UTF-8 with a byte order mark.
    Utf8Mark,
    /// UTF-8.
    Utf8,
    /// EBCDIC.
    Ebcdic,
    /// Nothing that is known.
    Unknown,
    /// Records are separated by LF or CR alone.
    LineEnds(&'static str),
    /// A record of another length; `is_cut` where it is whole but for the spaces at its end.
    Length {
        /// Its bytes, as far as they were counted.
        bytes: usize,
        /// What they should be.
        expected: usize,
        /// Whether spaces behind it would mend it.
        is_cut: bool,
    },
    /// No record begins here: one before it is too short or too long.
    Shifted,
    /// The file does not begin with its header.
    NoHeader,
    /// A second group.
    SecondHeader,
    /// No data records.
    NoLines,
    /// The file ends without its trailer.
    NoTrailer,
    /// The file ends without its end record.
    NoEnd,
    /// Something behind the end record.
    AfterEnd,
    /// A record that does not belong at this place.
    Misplaced,
    /// Another business: the code that is expected, and what the found one is.
    OtherBusiness {
        /// What was asked for.
        expected: &'static str,
        /// What the file is, where that is known.
        found: Option<&'static str>,
    },
    /// コード区分 says EBCDIC.
    CodeDivision,
    /// More lines than one transmission may have.
    TooMany {
        /// How many it may have.
        most: usize,
    },
    /// More bytes than are looked at.
    TooLarge {
        /// How many may be.
        most: usize,
    },
    /// Not digits throughout.
    NotDigits,
    /// Neither digits throughout nor left out.
    NotDigitsOrBlank,
    /// Nothing where something must be.
    Missing,
    /// None of these.
    NotOneOf(String),
    /// Something where there must be spaces.
    NotBlank,
    /// Something where there must be spaces or zeros.
    NotBlankOrZero,
    /// A text that does not begin at the left.
    NotLeft,
    /// ｬ and the like.
    SmallKana,
    /// ｰ.
    LongVowel,
    /// a to z.
    LowerCase,
    /// A mark behind no kana that takes it.
    LoneMark,
    /// ｦ where it may not stand.
    Wo,
    /// A sign that may not stand there: what may, and what to write in its place.
    Sign {
        /// The signs that may.
        allowed: &'static str,
        /// What to write.
        instead: Option<&'static str>,
    },
    /// A character whose reading is not known: of a kanji only its reader knows.
    Reading,
    /// A full-width character, or half of one.
    FullWidth,
    /// A byte that is no character.
    NoCharacter,
    /// A text that is longer than its field.
    TooLong {
        /// What fits.
        most: usize,
    },
    /// An amount of 0 yen.
    Zero,
    /// A bank that does not exist.
    NoSuchBank,
    /// A branch that the bank does not have.
    NoSuchBranch {
        /// The bank's name.
        bank: String,
    },
    /// No day.
    NoSuchDay,
    /// A day before the one on which it was sent.
    DayIsOver {
        /// It.
        day: Date,
        /// The first business day after that one.
        next: Date,
    },
    /// A day on which banks are closed.
    NoBusinessDay {
        /// The next one.
        next: Date,
    },
    /// 市区町村コード whose last digit is not that of the others.
    CheckDigit {
        /// What it should be.
        expected: char,
    },
    /// A sum within a line.
    LineSum {
        /// What it should be.
        expected: u64,
    },
    /// A count of the trailer.
    Count {
        /// What the records have.
        counted: u64,
    },
    /// An amount of the trailer.
    Total {
        /// What the records have.
        counted: u64,
    },
    /// Codes that are neither digits nor left out, without the Y that would make them EDI情報.
    CustomerCode,
    /// A line of a result that is not the request's.
    OtherLine,
    /// A cell that a spreadsheet would calculate.
    Formula,
    /// Quotation marks that nothing closes.
    OpenQuote,
    /// A heading that is not known: those that are.
    UnknownHeading {
        /// Every heading that may be.
        known: String,
    },
    /// A heading that is there twice.
    HeadingTwice,
    /// A heading that must be there: those that must.
    NoHeading {
        /// Every heading that must be.
        needed: String,
    },
    /// A line with more cells than there are headings.
    TooManyCells {
        /// How many there may be.
        most: usize,
    },
    /// Neither UTF-8 nor Shift_JIS.
    Encoding,
    /// What may be there once is there again.
    Twice {
        /// The line that has it first.
        first: usize,
    },
    /// A name that is not that of the number: what is.
    OtherName {
        /// The name of the number.
        known: String,
    },
    /// XML that the reader refuses, in its own words.
    NotXml(String),
    /// An element that must be there.
    NoElement,
    /// An element, or an attribute, that has no place there.
    ExtraElement,
    /// An element's text is no value of its type: what it should be.
    Value(&'static str),
    /// Text where a SWIFT message, or what it is of, should begin: the sign that is missing.
    NotFin(&'static str),
    /// A character that no SWIFT message carries there: of which set, and what to write in its place.
    NotCarried {
        /// The characters that are carried.
        set: Charset,
        /// What to write.
        instead: Option<String>,
    },
    /// A line that begins with a colon or a hyphen, which would end its field or the message.
    LineStart,
    /// A line without a character.
    BlankLine,
    /// A line that is longer than its field's may be.
    LineTooLong {
        /// How many characters it may have.
        most: usize,
    },
    /// More lines than the field has.
    TooManyLines {
        /// How many it has.
        most: usize,
    },
    /// A field that is not of its form: the form in words.
    Form(String),
    /// A field that the message does not have.
    NoSuchField,
    /// A field that is there twice, or in two of its options.
    FieldTwice,
    /// A message that is too long.
    MessageTooLong {
        /// Its most characters.
        most: usize,
    },
    /// More messages than one credit may have.
    TooManyMessages {
        /// How many it may have.
        most: usize,
    },
    /// Messages that do not belong together, or not in this order.
    Sequence,
    /// A rule between the terms of a credit is broken.
    Breach(Breach),
    /// A rule between the parts of a remittance is broken.
    TransferBreach(pacs008::Breach),
}

impl Fault {
    /// The first character of a text that cannot be written in a class.
    pub(crate) fn unwritable(unwritable: &[Unwritable], class: Class) -> Self {
        match unwritable.first() {
            Some(one) if !one.found.is_ascii() && one.instead.is_none() => Self::Reading,
            first => Self::Sign { allowed: class.signs(), instead: first.and_then(|one| one.instead) },
        }
    }
}
