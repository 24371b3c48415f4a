//! XML for reading.

use std::fmt::Write as _;

use domain::xml::{self, Element, Limits};
use quick_xml::escape::escape;

/// The document with one element a line; bytes that are none as text.
pub fn laid_out(bytes: &[u8]) -> String {
    let Ok(root) = xml::read(bytes.trim_ascii_end(), Limits::MESSAGE) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let mut out = String::new();
    lay_out(&mut out, &root, 0);
    out
}

fn lay_out(out: &mut String, element: &Element, depth: usize) {
    let (indent, name) = ("  ".repeat(depth), element.name());
    let _written = if element.children().is_empty() {
        writeln!(out, "{indent}<{name}>{}</{name}>", escape(element.text().unwrap_or_default()))
    } else {
        writeln!(out, "{indent}<{name}>")
    };
    if element.children().is_empty() {
        return;
    }
    for child in element.children() {
        lay_out(out, child, depth + 1);
    }
    let _written = writeln!(out, "{indent}</{name}>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_laid_out_and_other_bytes_are_left() {
        let text = "<M xmlns=\"urn:mpn:v1\"><A><B>1 &lt; 2</B></A></M>\n";
        assert_eq!(laid_out(text.as_bytes()), "<M>\n  <A>\n    <B>1 &lt; 2</B>\n  </A>\n</M>\n");
        assert_eq!(laid_out(b"<<<OK"), "<<<OK");
    }
}
