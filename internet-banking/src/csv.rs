//! CSV for spreadsheets: UTF-8 with a byte order mark, every field quoted, and none that a spreadsheet would take for a
//! formula (SEC-37).

use axum::response::{IntoResponse as _, Response};
use formats::csv::quoted;
use http::{HeaderValue, header};

/// A file being written.
pub(crate) struct Csv(String);

impl Csv {
    /// One with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut csv = Self("\u{feff}".to_owned());
        csv.row(headings);
        csv
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, fields: &[&str]) {
        let fields: Vec<String> = fields.iter().map(|text| quoted(text)).collect();
        self.0 += &fields.join(",");
        self.0 += "\r\n";
    }

    /// Adds a row that ends with a number of ours, which may be negative and is no formula.
    pub(crate) fn row_with_number(&mut self, fields: &[&str], number: i64) {
        let fields: Vec<String> = fields.iter().map(|text| quoted(text)).collect();
        self.0 += &format!("{},\"{number}\"\r\n", fields.join(","));
    }

    /// What is written so far, to be sent on.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).into_bytes()
    }

    /// The answer that a browser keeps as a file. The name is ours, of ASCII letters.
    pub(crate) fn download(self, name: &str) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_quoted_under_the_mark_that_spreadsheets_know() {
        let mut csv = Csv::new(&["日時", "操作"]);
        csv.row(&["1", "2"]);
        assert_eq!(csv.0, "\u{feff}\"日時\",\"操作\"\r\n\"1\",\"2\"\r\n");
    }
}
