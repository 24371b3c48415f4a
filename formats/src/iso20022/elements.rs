//! XML being written, element by element.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Elements as they are written.
pub(super) struct Elements(Writer<Vec<u8>>);

impl Elements {
    /// Begins a document of a message, `pain.001.001.03`, with its root open.
    pub fn document(message: &str) -> io::Result<Self> {
        let mut xml = Self(Writer::new(Vec::new()));
        xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let namespace = namespace(message);
        let document = BytesStart::new("Document").with_attributes([("xmlns", namespace.as_str())]);
        xml.0.write_event(Event::Start(document))?;
        Ok(xml)
    }

    /// Elements inside one another.
    pub fn open(&mut self, names: &[&'static str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.0.write_event(Event::Start(BytesStart::new(*name))))
    }

    /// Closes them, the inner ones first.
    pub fn close(&mut self, names: &[&'static str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.0.write_event(Event::End(BytesEnd::new(*name))))
    }

    /// An element with a text. One without is left out: the schemas have no empty texts.
    pub fn text(&mut self, name: &'static str, text: &str) -> io::Result<()> {
        // XML has no control characters
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() {
            return Ok(());
        }
        self.open(&[name])?;
        self.0.write_event(Event::Text(BytesText::new(&text)))?;
        self.close(&[name])
    }

    /// An amount of yen.
    pub fn yen(&mut self, name: &'static str, yen: u64) -> io::Result<()> {
        let start = BytesStart::new(name).with_attributes([("Ccy", "JPY")]);
        self.0.write_event(Event::Start(start))?;
        self.0.write_event(Event::Text(BytesText::new(&yen.to_string())))?;
        self.close(&[name])
    }

    /// A bank and its branch, the names left out where there are none.
    pub fn agent(
        &mut self,
        name: &'static str,
        (bank, bank_name): (&str, &str),
        (branch, branch_name): (&str, &str),
    ) -> io::Result<()> {
        self.open(&[name, "FinInstnId", "ClrSysMmbId", "ClrSysId"])?;
        self.text("Cd", "JPZGN")?;
        self.close(&["ClrSysId"])?;
        self.text("MmbId", bank)?;
        self.close(&["ClrSysMmbId"])?;
        self.text("Nm", bank_name)?;
        self.close(&["FinInstnId"])?;
        self.open(&["BrnchId"])?;
        self.text("Id", branch)?;
        self.text("Nm", branch_name)?;
        self.close(&["BrnchId", name])
    }

    /// What is ready.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.0.get_mut())
    }

    /// The rest, with a line end.
    pub fn end(mut self) -> Vec<u8> {
        self.0.get_mut().push(b'\n');
        self.take()
    }
}

/// `urn:iso:std:iso:20022:tech:xsd:pain.001.001.03`.
pub(super) fn namespace(message: &str) -> String {
    format!("urn:iso:std:iso:20022:tech:xsd:{message}")
}
