//! Writes elements in order, without indentation, so that the same message always gives the same bytes.

use std::io;

use domain::{Date, Yen};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document being written into memory.
pub(super) struct ElementSink {
    writer: Writer<Vec<u8>>,
}

impl ElementSink {
    /// Begins a document with its declaration and root element.
    pub(super) fn document(root: &str, namespace: &str) -> Self {
        let mut sink = Self { writer: Writer::new(Vec::with_capacity(1024)) };
        sink.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        sink.event(Event::Start(BytesStart::new(root).with_attributes([("xmlns", namespace)])));
        sink
    }

    /// Ends the root element.
    pub(super) fn finish(mut self, root: &str) -> Vec<u8> {
        self.event(Event::End(BytesEnd::new(root)));
        self.writer.into_inner()
    }

    /// An element with elements inside.
    pub(super) fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name)));
        write(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with text inside.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.event(Event::Start(BytesStart::new(name)));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    pub(super) fn amount(&mut self, name: &str, amount: Yen) {
        self.text(name, &amount.get().to_string());
    }

    pub(super) fn date(&mut self, name: &str, date: Date) {
        self.text(name, &date.to_string());
    }

    fn event(&mut self, event: Event<'_>) {
        // a vector takes every write; the signature comes from the general writer
        let written: io::Result<()> = self.writer.write_event(event);
        written.unwrap_or_else(|error| unreachable!("memory refused a write: {error}"));
    }
}
