//! The header that every message begins with.

use domain::{CentreCode, Date, ResendKey, Serial, Timestamp};

use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

const VERSION: &str = "1";

/// Who says it to whom, and the key under which the hub said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The centre that sends this message.
    pub sender: CentreCode,
    /// The centre it is meant for.
    pub receiver: CentreCode,
    /// 仕向処理年月日.
    pub processing_date: Date,
    /// 仕向処理通番.
    pub serial: Serial,
    /// When it was written, to the second; the rest is cut off.
    pub sent_at: Timestamp,
}

impl Header {
    /// The header of a request of the hub.
    pub fn request(key: &ResendKey, receiver: CentreCode, sent_at: Timestamp) -> Self {
        Self { sender: key.centre.clone(), receiver, processing_date: key.date, serial: key.serial, sent_at }
    }

    /// The header of the answer to this one: sender and receiver swapped, the same date and serial.
    pub fn answer(&self, sent_at: Timestamp) -> Self {
        Self { sender: self.receiver.clone(), receiver: self.sender.clone(), sent_at, ..self.clone() }
    }

    /// Whether this header answers `request`.
    pub fn answers(&self, request: &Self) -> bool {
        self.sender == request.receiver
            && self.receiver == request.sender
            && self.processing_date == request.processing_date
            && self.serial == request.serial
    }

    /// The resend key of a request that carries this header.
    pub fn key(&self) -> ResendKey {
        ResendKey { centre: self.sender.clone(), date: self.processing_date, serial: self.serial }
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.within("Header", |sink| {
            sink.text("Version", VERSION);
            sink.text("Sender", self.sender.as_str());
            sink.text("Receiver", self.receiver.as_str());
            sink.date("ProcessingDate", self.processing_date);
            sink.text("Serial", &self.serial.to_string());
            sink.text("SentAt", &self.sent_at.rfc3339());
        });
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        fields.required("Version", "version 1", |text| (text == VERSION).then_some(()))?;
        let header = Self {
            sender: fields.parsed("Sender", "1 to 10 upper-case letters and digits")?,
            receiver: fields.parsed("Receiver", "1 to 10 upper-case letters and digits")?,
            processing_date: fields.date("ProcessingDate")?,
            serial: fields.parsed("Serial", "8 digits, not all zero")?,
            sent_at: fields.instant("SentAt")?,
        };
        fields.end()?;
        Ok(header)
    }
}
