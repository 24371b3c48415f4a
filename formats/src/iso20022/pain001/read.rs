//! Reads a message. What the profile does not have is refused: an element that is not understood could change what
//! is paid.

use chrono::{Datelike as _, NaiveDateTime};
use domain::xml::{self, Element, Limits};
use domain::{Date, calendar};

use super::{CUSTOMER_CODES, MESSAGE, Message, Payment};
use crate::finding::{Fault, Findings, Place};
use crate::iso20022::elements::namespace;
use crate::iso20022::reading::{Read, element, element_with, refused, text};
use crate::kana::{Class, ZenginText};
use crate::zengin::{Code, Digits, Free, Kind as _, Label, Name, Number, Rules, Transfers, Wrong, transfer};

/// What a message may cost. Banks that take XML by file take 10 MB of it.
pub const LIMITS: Limits = Limits { bytes_max: 10_000_000, depth_max: 16, elements_max: 400_000 };
/// Characters of an identification.
const ID_CHARS_MAX: usize = 35;
/// Characters of a line of EDI.
const LINE_CHARS_MAX: usize = 140;
/// Lines of EDI of a payment.
const EDI_LINES_MAX: usize = 10_000;

/// Reads a message; or says everything that is wrong with it.
pub fn read(bytes: &[u8], rules: &Rules<'_>) -> Result<Message, Findings> {
    let mut findings = Findings::keeping(rules.findings_max);
    match message(bytes, rules, &mut findings) {
        Ok(message) if findings.is_empty() => Ok(message),
        Ok(_) => Err(findings),
        Err(finding) => {
            findings.add(*finding);
            Err(findings)
        }
    }
}

fn message(bytes: &[u8], rules: &Rules<'_>, findings: &mut Findings) -> Read<Message> {
    let root = xml::read(bytes, LIMITS).map_err(refused)?;
    if root.name() != "Document" || root.namespace() != Some(&namespace(MESSAGE)) {
        let found = root.namespace().unwrap_or_default().to_owned();
        return Err(element_with(
            &root,
            Fault::Value("urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"),
            &found,
        ));
    }
    let mut document = root.sequence();
    let mut initiation = document.one("CstmrCdtTrfInitn").map_err(refused)?.sequence();
    document.end().map_err(refused)?;

    let group = initiation.one("GrpHdr").map_err(refused)?;
    let mut of_group = group.sequence();
    let id = identification(of_group.one("MsgId").map_err(refused)?)?;
    let created = of_group.one("CreDtTm").map_err(refused)?;
    let created = date_time(created)?;
    let groups = of_group.one("NbOfTxs").map_err(refused)?;
    let _ = of_group.maybe("CtrlSum");
    let _ = of_group.one("InitgPty").map_err(refused)?;
    of_group.end().map_err(refused)?;

    let batch = initiation.one("PmtInf").map_err(refused)?;
    if initiation.maybe("PmtInf").is_some() {
        return Err(element(batch, Fault::SecondHeader));
    }
    initiation.end().map_err(refused)?;
    if text(groups)? != "1" {
        findings.add(*element(groups, Fault::Count { counted: 1 }));
    }
    read_batch(batch, id, created, rules, findings)
}

fn read_batch(
    batch: &Element,
    id: String,
    created: String,
    rules: &Rules<'_>,
    findings: &mut Findings,
) -> Read<Message> {
    let mut rest = batch.sequence();
    let name = identification(rest.one("PmtInfId").map_err(refused)?)?;
    let method = rest.one("PmtMtd").map_err(refused)?;
    if text(method)? != "TRF" {
        return Err(element(method, Fault::NotOneOf("TRF".to_owned())));
    }
    let count = rest.one("NbOfTxs").map_err(refused)?;
    let sum = rest.one("CtrlSum").map_err(refused)?;
    let day = rest.one("ReqdExctnDt").map_err(refused)?;
    let debtor = rest.one("Dbtr").map_err(refused)?;
    let (number, account_kind) = account(rest.one("DbtrAcct").map_err(refused)?, b"129")?;
    let (bank, bank_name, branch, branch_name) = agent(rest.one("DbtrAgt").map_err(refused)?)?;
    let originator_name = name_of(rest.one("UltmtDbtr").map_err(refused)?)?;
    let numbers = numbers(debtor.child("Id").map_err(refused)?)?;
    let originator = numbers.iter().find(|(_, scheme)| scheme == "BANK").map(|(number, _)| number);
    let originator = originator.ok_or_else(|| element(debtor, Fault::NoElement))?;
    let originator =
        Digits::of(originator).map_err(|_| element_with(debtor, Fault::NotDigits, originator))?;
    let date = execution_day(day, rules, findings)?;
    let header = transfer::Header {
        kind: Digits::of("21").unwrap_or_default(),
        originator,
        originator_name,
        day: Digits::of(&format!("{:02}{:02}", date.month(), date.day())).unwrap_or_default(),
        bank,
        bank_name,
        branch,
        branch_name,
        account_kind,
        number,
        ..transfer::Header::default()
    };
    let mut payments: Vec<Payment> = Vec::new();
    let mut total = 0_u64;
    while let Some(found) = rest.maybe("CdtTrfTxInf") {
        let place = payments.len() + 1;
        if place > rules.lines_max {
            return Err(element(found, Fault::TooMany { most: rules.lines_max }));
        }
        let payment = match read_payment(found) {
            Ok(payment) => payment,
            Err(mut finding) => {
                finding.place.record = Some(place);
                findings.add(*finding);
                // it has its place in the count of those behind it
                Payment {
                    end_to_end: String::new(),
                    line: transfer::Line::default(),
                    to_bank: String::new(),
                    edi: Vec::new(),
                }
            }
        };
        if !payment.end_to_end.is_empty() {
            judge(place, &payment, rules, findings);
        }
        total = total.saturating_add(payment.line.amount.get());
        payments.push(payment);
    }
    rest.end().map_err(refused)?;
    if payments.is_empty() {
        return Err(element(batch, Fault::NoLines));
    }
    let counted = payments.len() as u64;
    if text(count)?.parse() != Ok(counted) {
        findings.add(*element(count, Fault::Count { counted }));
    }
    let has_all = payments.iter().all(|payment| !payment.end_to_end.is_empty());
    if has_all && whole_yen(text(sum)?) != Some(total) {
        findings.add(*element(sum, Fault::Total { counted: total }));
    }
    Ok(Message { id, created, batch: name, day: date, header, payments })
}

/// The rules of the record that the payment is.
fn judge(place: usize, payment: &Payment, rules: &Rules<'_>, findings: &mut Findings) {
    let record = Transfers.line_bytes(&payment.line);
    let layout = &Transfers.layouts()[1];
    let mut wrong = layout.findings(place, &record, rules.findings_max);
    Transfers.line_rules(&payment.line, rules, &mut Wrong::new(place, &record, layout, &mut wrong));
    for mut finding in wrong.kept().iter().cloned() {
        // columns are the record's
        finding.place = Place { field: finding.place.field, ..Place::record(place, None) };
        findings.add(finding);
    }
}

fn read_payment(found: &Element) -> Read<Payment> {
    let mut rest = found.sequence();
    let id = rest.one("PmtId").map_err(refused)?;
    let end_to_end = identification(id.child("EndToEndId").map_err(refused)?)?;
    let amount = amount(rest.one("Amt").map_err(refused)?)?;
    let (bank, bank_name, branch, branch_name) = agent(rest.one("CdtrAgt").map_err(refused)?)?;
    let creditor = rest.one("Cdtr").map_err(refused)?;
    let name = name_of(creditor)?;
    let (number, account_kind) = account(rest.one("CdtrAcct").map_err(refused)?, b"1249")?;
    let method = match rest.maybe("InstrForCdtrAgt") {
        Some(found) => code(found.child("InstrInf").map_err(refused)?, b"078")?,
        None => Code(b' '),
    };
    let to_bank = rest.maybe("InstrForDbtrAgt").map_or(Ok(String::new()), limited)?;
    let newness = match rest.maybe("Purp") {
        Some(found) => code(found.child("Prtry").map_err(refused)?, b"012")?,
        None => Code(b' '),
    };
    let mut edi = Vec::new();
    if let Some(found) = rest.maybe("RmtInf") {
        let mut lines = found.sequence();
        for line in lines.many("Ustrd", EDI_LINES_MAX).map_err(refused)? {
            edi.push(limited(line)?);
        }
        lines.end().map_err(refused)?;
    }
    rest.end().map_err(refused)?;
    let line = transfer::Line {
        bank,
        bank_name,
        branch,
        branch_name,
        account_kind,
        number,
        name,
        amount,
        newness,
        customer_codes: customer_codes(creditor)?,
        method,
        ..transfer::Line::default()
    };
    Ok(Payment { end_to_end, line, to_bank, edi })
}

/// 顧客コード1 and 2.
fn customer_codes(creditor: &Element) -> Read<Free<20>> {
    let numbers = creditor.optional("Id").map_err(refused)?.map_or(Ok(Vec::new()), numbers)?;
    let mut both = [b' '; 20];
    for (number, scheme) in numbers {
        let which = CUSTOMER_CODES.iter().position(|known| *known == scheme);
        let which = which
            .ok_or_else(|| element_with(creditor, Fault::NotOneOf(CUSTOMER_CODES.join("・")), &scheme))?;
        let digits: Digits<10> =
            Digits::of(&number).map_err(|_| element_with(creditor, Fault::NotDigits, &number))?;
        if let Some(place) = both.get_mut(which * 10..which * 10 + 10) {
            place.copy_from_slice(digits.bytes());
        }
    }
    Ok(Free::of_bytes(&both).unwrap_or_default())
}

/// The numbers of a party, each with its scheme.
fn numbers(id: &Element) -> Read<Vec<(String, String)>> {
    let organisation = id.child("OrgId").map_err(refused)?;
    let number = |other: &Element| -> Read<(String, String)> {
        let scheme = other.child("SchmeNm").map_err(refused)?;
        let scheme = scheme.children().first().ok_or_else(|| element(scheme, Fault::NoElement))?;
        let number = text(other.child("Id").map_err(refused)?)?.to_owned();
        Ok((number, text(scheme)?.to_owned()))
    };
    organisation.all("Othr").map(number).collect()
}

type Agent = (Digits<4>, Label<15>, Digits<3>, Label<15>);

fn agent(agent: &Element) -> Read<Agent> {
    let institution = agent.child("FinInstnId").map_err(refused)?;
    let member = institution.child("ClrSysMmbId").map_err(refused)?;
    let system = member.child("ClrSysId").and_then(|system| system.child("Cd")).map_err(refused)?;
    if text(system)? != "JPZGN" {
        return Err(element_with(system, Fault::NotOneOf("JPZGN".to_owned()), text(system)?));
    }
    let branch = agent.child("BrnchId").map_err(refused)?;
    Ok((
        digits(member.child("MmbId").map_err(refused)?)?,
        label(institution)?,
        digits(branch.child("Id").map_err(refused)?)?,
        label(branch)?,
    ))
}

/// Digits of the field's very width.
fn digits<const N: usize>(found: &Element) -> Read<Digits<N>> {
    let digits = text(found)?;
    match Digits::of(digits) {
        Ok(value) if digits.len() == N => Ok(value),
        _ => Err(element_with(found, Fault::NotDigits, digits)),
    }
}

fn label(of: &Element) -> Read<Label<15>> {
    let Some(name) = of.optional("Nm").map_err(refused)? else { return Ok(Label::default()) };
    written(name, Class::Branch, 15).map(|text| Label::of(&text).unwrap_or_default())
}

fn name_of<const N: usize>(of: &Element) -> Read<Name<N>> {
    let name = of.child("Nm").map_err(refused)?;
    let written = written(name, Class::Party, N)?;
    if written.is_empty() {
        return Err(element(name, Fault::Missing));
    }
    Name::of(&written).map_err(|_| element(name, Fault::TooLong { most: N }))
}

/// A text in the characters of records, as it stands: nothing is converted that two banks might convert in two ways.
fn written(found: &Element, class: Class, most: usize) -> Read<ZenginText> {
    let typed = text(found)?;
    let fault = match ZenginText::typed(typed, class) {
        Ok(text) if text.as_str() != typed => Fault::FullWidth,
        Ok(text) if text.bytes() > most => Fault::TooLong { most },
        Ok(text) => return Ok(text),
        Err(unwritable) => Fault::unwritable(&unwritable, class),
    };
    Err(element_with(found, fault, typed))
}

fn account(account: &Element, kinds: &[u8]) -> Read<(Digits<7>, Code)> {
    let other = account.child("Id").and_then(|id| id.child("Othr")).map_err(refused)?;
    let number = digits(other.child("Id").map_err(refused)?)?;
    let kind = account.child("Tp").and_then(|kind| kind.child("Prtry")).map_err(refused)?;
    Ok((number, code(kind, kinds)?))
}

fn code(found: &Element, allowed: &[u8]) -> Read<Code> {
    match text(found)?.as_bytes() {
        [byte] if allowed.contains(byte) => Ok(Code(*byte)),
        _ => {
            let words: Vec<String> = allowed.iter().map(|byte| char::from(*byte).to_string()).collect();
            Err(element_with(found, Fault::NotOneOf(words.join("・")), text(found)?))
        }
    }
}

fn amount(amount: &Element) -> Read<Number<10>> {
    let found = amount.child("InstdAmt").map_err(refused)?;
    if found.attribute("Ccy") != Some("JPY") {
        return Err(element(found, Fault::Value("Ccy=\"JPY\"")));
    }
    let yen = whole_yen(text(found)?).and_then(|yen| Number::of(yen).ok());
    yen.ok_or_else(|| {
        element_with(found, Fault::Value("円単位、10けたまでの金額"), text(found).unwrap_or_default())
    })
}

/// Whole yen: digits alone.
fn whole_yen(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn execution_day(found: &Element, rules: &Rules<'_>, findings: &mut Findings) -> Read<Date> {
    let fault = match text(found)?.parse::<Date>() {
        Err(_) => return Err(element_with(found, Fault::NoSuchDay, text(found)?)),
        Ok(day) if day < rules.today => {
            Fault::DayIsOver { day, next: calendar::next_business_day(rules.today) }
        }
        Ok(day) if !calendar::is_business_day(day) => {
            Fault::NoBusinessDay { next: calendar::next_business_day(day) }
        }
        Ok(day) => return Ok(day),
    };
    findings.add(*element_with(found, fault, text(found)?));
    text(found)?.parse().map_err(|_| element(found, Fault::NoSuchDay))
}

/// `2026-11-24T10:00:00`, with three digits of a second or none, and no offset.
fn date_time(found: &Element) -> Read<String> {
    let text = text(found)?;
    let is_right =
        matches!(text.len(), 19 | 23) && NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_ok();
    if is_right { Ok(text.to_owned()) } else { Err(element_with(found, Fault::NoSuchDay, text)) }
}

fn identification(found: &Element) -> Read<String> {
    match text(found)? {
        "" => Err(element(found, Fault::Missing)),
        id if id.chars().count() > ID_CHARS_MAX => {
            Err(element_with(found, Fault::TooLong { most: ID_CHARS_MAX }, id))
        }
        id => Ok(id.to_owned()),
    }
}

fn limited(found: &Element) -> Read<String> {
    match text(found)? {
        "" => Err(element(found, Fault::Missing)),
        line if line.chars().count() > LINE_CHARS_MAX => {
            Err(element_with(found, Fault::TooLong { most: LINE_CHARS_MAX }, line))
        }
        line if line.chars().any(char::is_control) => Err(element_with(found, Fault::NoCharacter, line)),
        line => Ok(line.to_owned()),
    }
}
