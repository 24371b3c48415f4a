//! XML being written, element by element.

use std::io;

use domain::{Bic, Money};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Elements as they are written.
pub(super) struct Elements(Writer<Vec<u8>>);

impl Elements {
    /// Begins a document of a message, `pain.001.001.03`, with its root open.
    pub fn document(message: &str) -> io::Result<Self> {
        Self::begin("Document", &namespace(message))
    }

    /// Begins with a root in a namespace.
    pub fn begin(root: &'static str, namespace: &str) -> io::Result<Self> {
        let mut xml = Self(Writer::new(Vec::new()));
        xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.open_in(root, namespace)?;
        Ok(xml)
    }

    /// An element that is in another namespace than the one around it.
    pub fn open_in(&mut self, name: &'static str, namespace: &str) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name).with_attributes([("xmlns", namespace)])))
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
        self.amount(name, "JPY", &yen.to_string())
    }

    /// An amount of any currency.
    pub fn money(&mut self, name: &'static str, money: Money) -> io::Result<()> {
        self.amount(name, money.currency.as_str(), &money.plain())
    }

    fn amount(&mut self, name: &'static str, currency: &str, amount: &str) -> io::Result<()> {
        let start = BytesStart::new(name).with_attributes([("Ccy", currency)]);
        self.0.write_event(Event::Start(start))?;
        self.0.write_event(Event::Text(BytesText::new(amount)))?;
        self.close(&[name])
    }

    /// A bank by its BIC.
    pub fn bic(&mut self, name: &'static str, bic: &Bic) -> io::Result<()> {
        self.open(&[name, "FinInstnId"])?;
        self.text("BICFI", bic.as_str())?;
        self.close(&["FinInstnId", name])
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
