//! What is wrong with a form that a person sent. The page is shown again with the values kept.

use std::borrow::Cow;

/// One thing to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the control, which is its id too; empty when no single control is at fault.
    pub field: &'static str,
    /// What to correct, in the words that stand at the field and in the summary alike.
    pub message: Cow<'static, str>,
}

/// Everything to correct, in the order of the page. Templates show it with the macros of `form.html`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Nothing to correct.
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing to correct.
    pub fn one(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Something about the whole form rather than one control.
    pub fn general(message: impl Into<Cow<'static, str>>) -> Self {
        Self::one("", message)
    }

    /// Adds something to correct.
    pub fn add(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    /// In the order of the form, so that whoever goes down the list goes down the page. What is not named comes last.
    pub fn sort_by_form(&mut self, fields: &[&str]) {
        let place = |field: &str| fields.iter().position(|of| *of == field).unwrap_or(fields.len());
        self.0.sort_by_key(|error| place(error.field));
    }

    /// Whether there is nothing to correct.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with one control: the first thing.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_ref())
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
