//! 照会応答: the bills, or why there are none.

use domain::{Bill, ResponseCode, Yen};

use super::BILLS_MAX;
use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// What the collector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InquiryAnswer {
    /// Code 0000 and 1 to [`BILLS_MAX`] bills with different ids.
    Bills(Vec<Bill>),
    /// Any other code, and no bill.
    Refused(ResponseCode),
}

impl InquiryAnswer {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        match self {
            Self::Bills(bills) => {
                sink.text("Code", ResponseCode::Normal.as_str());
                for bill in bills {
                    sink.within("Bill", |sink| write_bill(bill, sink));
                }
            }
            Self::Refused(code) => sink.text("Code", code.as_str()),
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let code: ResponseCode = fields.parsed("Code", "a listed response code")?;
        let mut bills: Vec<Bill> = Vec::new();
        for element in fields.elements("Bill", BILLS_MAX)? {
            let bill = read_bill(Fields::of(element)?)?;
            // two bills under one id could not be told apart in the clearing
            if bills.iter().any(|earlier| earlier.id == bill.id) {
                return Err(DecodeError::Rule { element: "BillId", rule: "each bill has an id of its own" });
            }
            bills.push(bill);
        }
        fields.end()?;
        match (code, bills.is_empty()) {
            (ResponseCode::Normal, false) => Ok(Self::Bills(bills)),
            (ResponseCode::Normal, true) => {
                Err(DecodeError::Rule { element: "Bill", rule: "0000 comes with one at least" })
            }
            (code, true) => Ok(Self::Refused(code)),
            (_, false) => Err(DecodeError::Rule { element: "Bill", rule: "a refusal carries no bill" }),
        }
    }
}

fn write_bill(bill: &Bill, sink: &mut ElementSink) {
    sink.text("BillId", bill.id.as_str());
    sink.text("Payer", &bill.payer);
    sink.text("Contents", &bill.contents);
    sink.amount("Amount", bill.amount);
    sink.amount("Fee", bill.fee);
    sink.amount("LateCharge", bill.late_charge);
    if let Some(due) = bill.due {
        sink.date("Due", due);
    }
    if let Some(clear_by) = bill.clear_by {
        sink.date("ClearBy", clear_by);
    }
}

fn read_bill(mut fields: Fields<'_>) -> Result<Bill, DecodeError> {
    let bill = Bill {
        id: fields.parsed("BillId", "1 to 20 visible ASCII characters")?,
        payer: fields.required("Payer", "1 to 40 characters", |text| shown_text(text, 40))?,
        contents: fields.required("Contents", "1 to 60 characters", |text| shown_text(text, 60))?,
        amount: fields.amount("Amount", Yen::new(1))?,
        fee: fields.amount("Fee", Yen::ZERO)?,
        late_charge: fields.amount("LateCharge", Yen::ZERO)?,
        due: fields.optional_date("Due")?,
        clear_by: fields.optional_date("ClearBy")?,
    };
    fields.end()?;
    if bill.late_charge > bill.amount {
        return Err(DecodeError::Rule { element: "LateCharge", rule: "the amount contains it" });
    }
    Ok(bill)
}

/// Text that a page shows beside an amount: no control characters, and nothing that turns the direction of
/// writing, which could make one amount look like another.
pub(crate) fn shown_text(text: &str, chars_max: usize) -> Option<String> {
    let turns = |c: char| {
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let fits = (1..=chars_max).contains(&text.chars().count());
    (fits && !text.chars().any(|c| c.is_control() || turns(c))).then(|| text.to_owned())
}
