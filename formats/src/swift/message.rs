//! A message: its blocks and its fields. A [`Message`] has no field that is not of its form, so no line of it is
//! illegal; it is made by a [`Draft`] or read.

use domain::{Bic, Uetr, words};

use super::catalogue::{FieldLayout, Layout};
use crate::finding::{Fault, Finding, Findings, Place, Unit};

words! {
    /// A message of SWIFT's categories 1 and 7.
    Kind {
        /// MT103 顧客送金: a rendering for the clerk, as nothing but pacs.008 leaves.
        CustomerTransfer = "103", "顧客送金";
        /// MT700 信用状の発行.
        Issue = "700", "信用状の発行";
        /// MT701, the texts that the 700 before it does not hold.
        IssueContinued = "701", "信用状の発行(続き)";
        /// MT707 信用状の条件変更.
        Amendment = "707", "信用状の条件変更";
        /// MT708, the same of a 707.
        AmendmentContinued = "708", "信用状の条件変更(続き)";
    }
}

/// Findings of one message that are kept.
const FINDINGS_MAX: usize = 100;

/// A field that is of its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    tag: String,
    value: String,
}

impl Field {
    /// `45A`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Its lines, separated by `\n`.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Characters of what is around the fields: two headers, the beginning and the end of the text.
const ENVELOPE_CHARS: usize = 29 + 21 + 5 + 2;

/// Characters of a field: its tag between colons, its lines, a line break behind each.
pub(super) fn field_chars(tag: &str, value: &str) -> usize {
    tag.len() + 2 + value.len() + 2 + value.matches('\n').count()
}

/// A message whose fields are of their forms, in order, none missing and none too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    kind: Kind,
    sender: Bic,
    receiver: Bic,
    uetr: Option<Uetr>,
    fields: Vec<Field>,
}

impl Message {
    /// Which it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Who sends it.
    pub const fn sender(&self) -> &Bic {
        &self.sender
    }

    /// Who gets it.
    pub const fn receiver(&self) -> &Bic {
        &self.receiver
    }

    /// UETR: what names a payment from end to end.
    pub const fn uetr(&self) -> Option<Uetr> {
        self.uetr
    }

    /// Its fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The lines of a field.
    pub fn value(&self, tag: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.tag == tag).map(Field::value)
    }

    /// The message as it goes to the network: basic header, application header, the UETR where there is one, and the
    /// text, each line ended by CRLF. Session and sequence are the network's to give and stand as zeros.
    pub fn to_fin(&self) -> String {
        let (sender, receiver) = (terminal(&self.sender, 'A'), terminal(&self.receiver, 'X'));
        let mut fin = format!("{{1:F01{sender}0000000000}}{{2:I{}{receiver}N}}", self.kind);
        if let Some(uetr) = self.uetr {
            fin.push_str(&format!("{{3:{{121:{uetr}}}}}"));
        }
        fin.push_str("{4:\r\n");
        for field in &self.fields {
            fin.push_str(&format!(":{}:{}\r\n", field.tag, field.value.replace('\n', "\r\n")));
        }
        fin.push_str("-}");
        fin
    }
}

/// The twelve characters of a terminal: the bank, the letter of its terminal, the branch.
fn terminal(bic: &Bic, letter: char) -> String {
    format!("{}{letter}{}", bic.party(), bic.branch())
}

/// A message that is being made. What is wrong with it is gathered, and told at the end.
#[derive(Debug)]
pub struct Draft {
    layout: &'static Layout,
    sender: Bic,
    receiver: Bic,
    uetr: Option<Uetr>,
    fields: Vec<Field>,
    findings: Findings,
}

impl Draft {
    /// Begins one.
    pub fn new(kind: Kind, sender: Bic, receiver: Bic) -> Self {
        let (fields, findings) = (Vec::new(), Findings::keeping(FINDINGS_MAX));
        Self { layout: Layout::of(kind), sender, receiver, uetr: None, fields, findings }
    }

    /// Names the payment from end to end.
    pub fn uetr(&mut self, uetr: Uetr) {
        self.uetr = Some(uetr);
    }

    /// A field; its lines separated by `\n`.
    pub fn put(&mut self, tag: &str, value: impl Into<String>) {
        self.put_from(tag, value, 0);
    }

    /// A field where there is something to say.
    pub fn put_maybe(&mut self, tag: &str, value: &str) {
        if !value.is_empty() {
            self.put(tag, value);
        }
    }

    /// A field that is a piece of a longer text, with so many lines of it in earlier messages.
    pub(super) fn put_from(&mut self, tag: &str, value: impl Into<String>, lines_before: usize) {
        let value = value.into();
        let Some(layout) = self.layout.field(tag) else {
            self.findings.add(at(tag, Fault::NoSuchField));
            return;
        };
        if self.has(&layout.item) {
            self.findings.add(at(&layout.title(), Fault::FieldTwice));
            return;
        }
        for mut finding in findings(layout, &value) {
            finding.place.record = finding.place.record.map(|line| line + lines_before);
            self.findings.add(finding);
        }
        self.fields.push(Field { tag: tag.to_owned(), value });
    }

    /// Something else that is wrong.
    pub fn add(&mut self, finding: Finding) {
        self.findings.add(finding);
    }

    /// The message, its fields in order, or everything that is wrong with it.
    pub fn finish(mut self) -> Result<Message, Findings> {
        let mut missing = String::new();
        for layout in self.layout.fields.iter().filter(|field| field.must) {
            if !self.has(&layout.item) && layout.item != missing {
                missing.clone_from(&layout.item);
                self.findings.add(at(&format!("{} {}", layout.item, layout.name), Fault::Missing));
            }
        }
        self.fields.sort_by_key(|field| self.layout.place(&field.tag));
        let (kind, sender, receiver) = (self.layout.kind, self.sender, self.receiver);
        let message = Message { kind, sender, receiver, uetr: self.uetr, fields: self.fields };
        let most = self.layout.chars_max;
        if message.to_fin().len() > most {
            self.findings.add(at(&format!("MT{kind}"), Fault::MessageTooLong { most }));
        }
        if self.findings.is_empty() { Ok(message) } else { Err(self.findings) }
    }

    /// Characters that are left for further fields.
    pub(super) fn room(&self) -> usize {
        let uetr = self.uetr.map_or(0, |uetr| uetr.to_string().len() + "{3:{121:}}".len());
        let fields: usize = self.fields.iter().map(|field| field_chars(&field.tag, &field.value)).sum();
        self.layout.chars_max.saturating_sub(ENVELOPE_CHARS + uetr + fields)
    }

    fn has(&self, item: &str) -> bool {
        let item_of = |field: &Field| self.layout.field(&field.tag).map(|layout| layout.item.as_str());
        self.fields.iter().any(|field| item_of(field) == Some(item))
    }
}

/// Everything by which a value is not of its field's form, as a form on a page marks it too.
pub fn findings(layout: &FieldLayout, value: &str) -> Vec<Finding> {
    let is_text = layout.form.lines_max() > 1;
    let place = |misfit: &super::Misfit| Place {
        // of a single line it goes without saying
        record: is_text.then_some(misfit.line),
        unit: Unit::LineOfField,
        field: Some(layout.title()),
        column: misfit.column,
        ..Place::FILE
    };
    let misfits = layout.form.misfits(value).into_iter();
    misfits
        .map(|misfit| {
            Finding { place: place(&misfit), found: String::new(), fault: misfit.fault }.found(&misfit.found)
        })
        .collect()
}

/// A finding of a whole field.
pub(super) fn at(field: &str, fault: Fault) -> Finding {
    Finding { place: Place { field: Some(field.to_owned()), ..Place::FILE }, found: String::new(), fault }
}
