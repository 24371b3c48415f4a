//! Whether a message is one: a request as it is read, an answer field by field.

use domain::{BillId, ResponseCode};

use super::read::{Fields, envelope, read, read_counters, read_reference};
use super::{FieldError, Request, UnreadableError};
use crate::bills::BILLS_ANSWERED_MAX;
use crate::xml::Element;

/// Lines in one answer.
const LINES_MAX: usize = 500;

/// Refuses what is no message of the schema, and names the field.
pub fn check(bytes: &[u8]) -> Result<(), UnreadableError> {
    let (_, body) = envelope(bytes)?;
    match answer(&body) {
        Some(checked) => Ok(checked?),
        None => read(bytes)?.body.map(|_: Request| ()).map_err(UnreadableError::from),
    }
}

/// The body of an answer, checked; `None` for every other body.
fn answer(body: &Element) -> Option<Result<(), FieldError>> {
    Some(match body.name.as_str() {
        "InquiryAnswer" => inquiry(body),
        "ClearingAnswer" => {
            only(body, "ClearingAnswer", |fields| optional_code(fields).and_then(|()| reference(fields)))
        }
        "CancellationAnswer" => only(body, "CancellationAnswer", reference),
        "ServiceAnswer" => only(body, "ServiceAnswer", |_| Ok(())),
        "CounterAnswer" => counter(body),
        "LinesAnswer" => lines(body),
        "SettlementAdviceAnswer" => only(body, "SettlementAdviceAnswer", |_| Ok(())),
        _ => return None,
    })
}

/// A code, and what follows it.
fn only<'a>(
    body: &'a Element,
    name: &'static str,
    rest: impl FnOnce(&mut Fields<'a>) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    let mut fields = Fields::of(body, name)?;
    fields.parsed::<ResponseCode>("Code")?;
    rest(&mut fields)?;
    fields.end(name)
}

fn optional_code(fields: &mut Fields<'_>) -> Result<(), FieldError> {
    fields.optional::<ResponseCode>("ProvisionalCode").map(|_| ())
}

fn reference(fields: &mut Fields<'_>) -> Result<(), FieldError> {
    let found = fields.optional_text("Reference")?;
    if found.is_none_or(|text| read_reference(text).is_some()) {
        Ok(())
    } else {
        Err(FieldError("Reference"))
    }
}

fn inquiry(body: &Element) -> Result<(), FieldError> {
    let mut fields = Fields::of(body, "InquiryAnswer")?;
    let code: ResponseCode = fields.parsed("Code")?;
    let mut bills = 0;
    while let Some(element) = fields.optional_element("Bill") {
        bill(element)?;
        bills += 1;
    }
    fields.end("InquiryAnswer")?;
    // bills come with 0000, and with nothing else
    let fits = bills <= BILLS_ANSWERED_MAX && (code == ResponseCode::Normal) == (bills > 0);
    if fits { Ok(()) } else { Err(FieldError("Bill")) }
}

fn bill(element: &Element) -> Result<(), FieldError> {
    let mut fields = Fields::of(element, "Bill")?;
    fields.parsed::<BillId>("BillId")?;
    fields.words("Payer", 40)?;
    fields.words("Contents", 60)?;
    fields.amount("Amount", 1)?;
    fields.amount("Fee", 0)?;
    fields.amount("LateCharge", 0)?;
    fields.optional_date("Due")?;
    fields.optional_date("ClearBy")?;
    fields.end("Bill")
}

fn counter(body: &Element) -> Result<(), FieldError> {
    let mut fields = Fields::of(body, "CounterAnswer")?;
    let code: ResponseCode = fields.parsed("Code")?;
    let counters = fields.optional_element("Counters");
    counters.map(read_counters).transpose()?;
    fields.end("CounterAnswer")?;
    if (code == ResponseCode::Normal) == counters.is_some() { Ok(()) } else { Err(FieldError("Counters")) }
}

fn lines(body: &Element) -> Result<(), FieldError> {
    let mut fields = Fields::of(body, "LinesAnswer")?;
    let code: ResponseCode = fields.parsed("Code")?;
    let mut count = 0;
    while let Some(element) = fields.optional_element("Line") {
        let mut line = Fields::of(element, "Line")?;
        line.parsed::<domain::Serial>("Serial")?;
        line.word("Status", &["cleared", "provisional", "refused", "cancelled"])?;
        line.amount("Amount", 1)?;
        line.end("Line")?;
        count += 1;
    }
    let more = fields.optional_text("More")?;
    if !more.is_none_or(|word| word == "yes" || word == "no") {
        return Err(FieldError("More"));
    }
    fields.end("LinesAnswer")?;
    if (code == ResponseCode::Normal) != more.is_some() {
        return Err(FieldError("More"));
    }
    if count <= LINES_MAX { Ok(()) } else { Err(FieldError("Line")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<(String, Vec<u8>)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol/examples");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|file| file.extension().is_some_and(|extension| extension == "xml"))
            .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
            .collect()
    }

    #[test]
    fn every_published_example_is_a_message() {
        let examples = examples();
        assert!(examples.len() > 20);
        for (file, bytes) in examples {
            check(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }

    #[test]
    fn the_wrong_field_is_named() {
        let wrapped = |body: &str| {
            format!(
                "<Message xmlns=\"urn:mpn:v1\"><Header><Version>1</Version><Sender>C00200</Sender>\
                 <Receiver>MPN9999</Receiver><ProcessingDate>2026-11-24</ProcessingDate><Serial>00000001</Serial>\
                 <SentAt>2026-11-24T10:00:00+09:00</SentAt></Header>{body}</Message>"
            )
        };
        let bill = "<Bill><BillId>A</BillId><Payer>A</Payer><Contents>A</Contents><Amount>1</Amount><Fee>0</Fee>\
                    <LateCharge>0</LateCharge></Bill>";
        for (body, field) in [
            ("<InquiryAnswer><Code>0000</Code></InquiryAnswer>".to_owned(), "Bill"),
            (format!("<InquiryAnswer><Code>B201</Code>{bill}</InquiryAnswer>"), "Bill"),
            (
                format!("<InquiryAnswer><Code>0000</Code>{bill}</InquiryAnswer>")
                    .replace("<Amount>1<", "<Amount>01<"),
                "Amount",
            ),
            (
                format!("<InquiryAnswer><Code>0000</Code>{bill}</InquiryAnswer>")
                    .replace("<Payer>A</Payer>", ""),
                "Payer",
            ),
            ("<ClearingAnswer><Code>ZZZZ</Code></ClearingAnswer>".to_owned(), "Code"),
            (
                "<ClearingAnswer><Code>0000</Code><Reference> </Reference></ClearingAnswer>".to_owned(),
                "Reference",
            ),
            ("<ServiceAnswer><Code>0000</Code><More>no</More></ServiceAnswer>".to_owned(), "ServiceAnswer"),
            ("<CounterAnswer><Code>0000</Code></CounterAnswer>".to_owned(), "Counters"),
            ("<LinesAnswer><Code>0000</Code></LinesAnswer>".to_owned(), "More"),
            ("<Counter><Bank>9</Bank></Counter>".to_owned(), "Bank"),
            ("<Other/>".to_owned(), "the body"),
        ] {
            let told = check(wrapped(&body).as_bytes()).unwrap_err().to_string();
            assert_eq!(told, format!("{field} is missing, misplaced or not valid"), "{body}");
        }
        assert!(check(b"OK").unwrap_err().to_string().contains("not well-formed"));
    }
}
