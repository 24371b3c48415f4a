//! Answers written, in the one way that each value has.

use domain::{Bill, Timestamp};

use super::{Answer, Counters, Header, LinesPage, Tally};

/// The bytes of an answer to the request with this header.
pub fn write(request: &Header, sent_at: Timestamp, answer: &Answer) -> Vec<u8> {
    let mut out = String::with_capacity(1024);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message xmlns=\"urn:mpn:v1\"><Header>");
    field(&mut out, "Version", "1");
    field(&mut out, "Sender", request.receiver.as_str());
    field(&mut out, "Receiver", request.sender.as_str());
    field(&mut out, "ProcessingDate", &request.processing_date.to_string());
    field(&mut out, "Serial", &request.serial.to_string());
    field(&mut out, "SentAt", &sent_at.rfc3339());
    out.push_str("</Header>");
    match answer {
        Answer::Inquiry { code, bills } => {
            out.push_str("<InquiryAnswer>");
            field(&mut out, "Code", code.as_str());
            for bill in bills {
                write_bill(&mut out, bill);
            }
            out.push_str("</InquiryAnswer>");
        }
        Answer::Clearing(outcome) => {
            out.push_str("<ClearingAnswer>");
            field(&mut out, "Code", outcome.code.as_str());
            if let Some(provisional) = outcome.provisional {
                field(&mut out, "ProvisionalCode", provisional.as_str());
            }
            if let Some(reference) = &outcome.reference {
                field(&mut out, "Reference", reference);
            }
            out.push_str("</ClearingAnswer>");
        }
        Answer::Cancellation(outcome) => {
            out.push_str("<CancellationAnswer>");
            field(&mut out, "Code", outcome.code.as_str());
            if let Some(reference) = &outcome.reference {
                field(&mut out, "Reference", reference);
            }
            out.push_str("</CancellationAnswer>");
        }
        Answer::Service(code) => {
            out.push_str("<ServiceAnswer>");
            field(&mut out, "Code", code.as_str());
            out.push_str("</ServiceAnswer>");
        }
        Answer::Counter { code, counters } => {
            out.push_str("<CounterAnswer>");
            field(&mut out, "Code", code.as_str());
            if let Some(counters) = counters {
                write_counters(&mut out, counters);
            }
            out.push_str("</CounterAnswer>");
        }
        Answer::Lines { code, page } => {
            out.push_str("<LinesAnswer>");
            field(&mut out, "Code", code.as_str());
            if let Some(page) = page {
                write_lines(&mut out, page);
            }
            out.push_str("</LinesAnswer>");
        }
        Answer::SettlementAdvice(code) => {
            out.push_str("<SettlementAdviceAnswer>");
            field(&mut out, "Code", code.as_str());
            out.push_str("</SettlementAdviceAnswer>");
        }
    }
    out.push_str("</Message>\n");
    out.into_bytes()
}

fn write_bill(out: &mut String, bill: &Bill) {
    out.push_str("<Bill>");
    field(out, "BillId", bill.id.as_str());
    field(out, "Payer", &bill.payer);
    field(out, "Contents", &bill.contents);
    field(out, "Amount", &bill.amount.get().to_string());
    field(out, "Fee", &bill.fee.get().to_string());
    field(out, "LateCharge", &bill.late_charge.get().to_string());
    if let Some(due) = bill.due {
        field(out, "Due", &due.to_string());
    }
    if let Some(clear_by) = bill.clear_by {
        field(out, "ClearBy", &clear_by.to_string());
    }
    out.push_str("</Bill>");
}

fn write_counters(out: &mut String, counters: &Counters) {
    out.push_str("<Counters>");
    write_tally(out, "Cleared", counters.cleared);
    write_tally(out, "Provisional", counters.provisional);
    write_tally(out, "Cancelled", counters.cancelled);
    out.push_str("</Counters>");
}

fn write_tally(out: &mut String, name: &str, tally: Tally) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    field(out, "Count", &tally.count.to_string());
    field(out, "Amount", &tally.amount.get().to_string());
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn write_lines(out: &mut String, page: &LinesPage) {
    for line in &page.lines {
        out.push_str("<Line>");
        field(out, "Serial", &line.serial.to_string());
        field(out, "Status", line.status);
        field(out, "Amount", &line.amount.get().to_string());
        out.push_str("</Line>");
    }
    field(out, "More", if page.more { "yes" } else { "no" });
}

fn field(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    out.push_str(&quick_xml::escape::escape(text));
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}
