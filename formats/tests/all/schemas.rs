//! What the bank tells keeps the schemas of ISO 20022.

use formats::iso20022::camt::Message;

use crate::sample;
use crate::xsd::validated;

#[test]
fn messages_keep_their_schemas() {
    for message in [Message::Report, Message::Notification] {
        validated(message.id(), &sample::message(message));
        validated(message.id(), &sample::message_of(message, &sample::many_lines()));
    }
}
