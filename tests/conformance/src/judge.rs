//! Whether what came back is what must come back.

use collectors::directory::Kind;
use collectors::protocol::{Body, ClearingAnswer, Counters, InquiryAnswer, Line, LineStatus, Message, Tally};
use domain::{ResponseCode, Serial, Yen};

use crate::case::{Code, Expect};
use crate::clause::Clause;
use crate::hub::Got;
use crate::text::Text;
use crate::wire::NoAnswer;

/// What a case found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The clause that is broken.
    pub clause: Clause,
    /// What came and what should have come.
    pub what: Text,
    /// The step, from 1; 0 before the first.
    pub step: usize,
    /// The place in the case's log of the exchange that shows it, where one does.
    pub exchange: Option<usize>,
}

/// What a clearing's answer says, apart from when it was written.
pub type Said = (ResponseCode, Option<ResponseCode>, Option<String>);

/// The part of an answer that a repeat must repeat.
pub fn said(message: &Message) -> Option<Said> {
    match &message.body {
        Body::ClearingAnswer(ClearingAnswer::Normal { provisional, reference }) => {
            Some((ResponseCode::Normal, *provisional, reference.as_ref().map(ToString::to_string)))
        }
        Body::ClearingAnswer(ClearingAnswer::Refused { code, reference }) => {
            Some((*code, None, reference.as_ref().map(ToString::to_string)))
        }
        Body::CancellationAnswer(answer) => {
            Some((answer.code, None, answer.reference.as_ref().map(ToString::to_string)))
        }
        other => other.code().map(|code| (code, None, None)),
    }
}

fn shown(said: &Said) -> String {
    let (code, provisional, reference) = said;
    let provisional =
        provisional.map(|code| format!(" ProvisionalCode {}", code.as_str())).unwrap_or_default();
    let reference = reference.as_ref().map(|text| format!(" Reference {text}")).unwrap_or_default();
    format!("{}{provisional}{reference}", code.as_str())
}

fn list(codes: &[Code]) -> String {
    codes.iter().map(|code| code.0.as_str()).collect::<Vec<_>>().join(" / ")
}

/// What is wrong, if anything; `first` is the saved answer that `same_as` names.
pub fn judge(
    expect: &Expect,
    kind: Kind,
    clause: Clause,
    got: &Got,
    first: Option<&Message>,
) -> Option<(Clause, Text)> {
    if expect.nothing || !expect.status.is_empty() {
        return judge_status(expect, clause, got);
    }
    let Got::Answer(message) = got else {
        let came = got.say();
        let what = Text::new(
            format!("an answer was due, and there came {}", came.en),
            format!("応答があるべきところ、{}", came.ja),
        );
        return Some((got.clause(clause), what));
    };
    let code = message.body.code().unwrap_or(ResponseCode::CollectorError);
    let wrong = |wanted: String| {
        let came = got.say();
        let en = format!("{} was due, and there came {}", wanted, came.en);
        Some((clause, Text::new(en, format!("期待は {wanted}、実際は{}", came.ja))))
    };
    if let Some(first) = first {
        return match (said(first), said(message)) {
            (Some(first), Some(now)) if first != now => {
                let (was, is) = (shown(&first), shown(&now));
                Some((
                    clause,
                    Text::new(
                        format!("the recorded answer was {was}, and the repeat got {is}"),
                        format!("最初の応答は {was}、再送への応答は {is} でした。"),
                    ),
                ))
            }
            _ => None,
        };
    }
    let provisional = match &message.body {
        Body::ClearingAnswer(ClearingAnswer::Normal { provisional, .. }) => *provisional,
        _ => None,
    };
    if !expect.mismatch.is_empty() {
        let is_listed = |code: ResponseCode| expect.mismatch.contains(&Code(code));
        let reasons = list(&expect.mismatch);
        return match (kind, code, provisional) {
            // a national collector may record it provisionally instead of refusing
            (Kind::National, code, None) if is_listed(code) => None,
            (_, ResponseCode::Normal, Some(why)) if is_listed(why) => None,
            (Kind::National, ..) => wrong(reasons),
            _ => wrong(format!("0000 (ProvisionalCode {reasons})")),
        };
    }
    let normal = [Code(ResponseCode::Normal)];
    let codes = if expect.code.is_empty() { &normal[..] } else { &expect.code };
    if !codes.contains(&Code(code)) {
        return wrong(list(codes));
    }
    match (expect.provisional, provisional) {
        (Some(true), None) => return wrong("0000 (ProvisionalCode)".to_owned()),
        (Some(false), Some(_)) => return wrong("0000 without ProvisionalCode".to_owned()),
        _ => {}
    }
    if let (Some(least), Body::InquiryAnswer(InquiryAnswer::Bills(bills))) = (expect.bills_min, &message.body)
        && bills.len() < least
    {
        return Some((
            clause,
            Text::new(
                format!("{least} bills at least were due, and there came {}", bills.len()),
                format!("{least} 件以上の請求があるべきところ、{} 件でした。", bills.len()),
            ),
        ));
    }
    None
}

fn judge_status(expect: &Expect, clause: Clause, got: &Got) -> Option<(Clause, Text)> {
    let wanted = &expect.status;
    if got.code().is_some_and(|code| expect.code.contains(&Code(code))) {
        return None;
    }
    let (en, ja) = match wanted.as_slice() {
        [] => ("other than 200".to_owned(), "200 以外".to_owned()),
        some => {
            let codes = expect.code.iter().map(|code| code.0.as_str().to_owned());
            let list = some.iter().map(ToString::to_string).chain(codes).collect::<Vec<_>>().join(" / ");
            (list.clone(), list)
        }
    };
    match got {
        Got::Status(status) if wanted.contains(status) || wanted.is_empty() => None,
        Got::Nothing(NoAnswer::Broken(_)) if expect.nothing => None,
        // a connection that ends without an answer claims nothing, but leaves the hub without a reason
        _ => {
            let came = got.say();
            Some((
                clause,
                Text::new(
                    format!("HTTP status {en} was due, and there came {}", came.en),
                    format!("HTTP ステータス {ja} が期待されるところ、{}", came.ja),
                ),
            ))
        }
    }
}

/// A clearing or cancellation that a case has saved, as the books must have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The serial of its key.
    pub serial: Serial,
    /// Without the fee.
    pub amount: Yen,
}

/// Saved messages as the books must have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Cleared against a bill.
    pub cleared: Vec<Entry>,
    /// Recorded provisionally.
    pub provisional: Vec<Entry>,
    /// The clearings that were cancelled since.
    pub cancelled: Vec<Entry>,
    /// Refused for good.
    pub refused: Vec<Entry>,
}

impl Kept {
    /// The counters that these make.
    pub fn counters(&self) -> Counters {
        let tally = |of: &[Entry]| of.iter().map(|entry| entry.amount).collect();
        Counters {
            cleared: tally(&self.cleared),
            provisional: tally(&self.provisional),
            cancelled: tally(&self.cancelled),
        }
    }

    /// The lines that these make, by serial.
    pub fn lines(&self) -> Vec<Line> {
        let is_cancelled = |entry: &Entry| self.cancelled.iter().any(|other| other.serial == entry.serial);
        let line = |entry: &Entry, status: LineStatus| {
            let status = if is_cancelled(entry) { LineStatus::Cancelled } else { status };
            Line { serial: entry.serial, status, amount: entry.amount }
        };
        let mut lines: Vec<Line> =
            self.cleared.iter().map(|entry| line(entry, LineStatus::Cleared)).collect();
        lines.extend(self.provisional.iter().map(|entry| line(entry, LineStatus::Provisional)));
        lines.extend(self.refused.iter().map(|entry| line(entry, LineStatus::Refused)));
        lines.sort_by_key(|line| line.serial);
        lines
    }
}

/// What is wrong with counters.
pub fn judge_counters(kept: &Kept, got: &Counters) -> Option<Text> {
    let due = kept.counters();
    if due == *got {
        return None;
    }
    let shown = |of: &Counters| {
        let tally = |of: &Tally| format!("{} / {}", of.count, of.amount.get());
        format!("{}, {}, {}", tally(&of.cleared), tally(&of.provisional), tally(&of.cancelled))
    };
    let (due, got) = (shown(&due), shown(got));
    Some(Text::new(
        format!("cleared, provisional, cancelled (count / yen) should be {due}, and are {got}"),
        format!("消込・仮消込・取消の件数と金額は {due} のはずが、{got} でした。"),
    ))
}

/// What is wrong with lines.
pub fn judge_lines(kept: &Kept, got: &[Line]) -> Option<Text> {
    let due = kept.lines();
    if due == got {
        return None;
    }
    let shown = |of: &[Line]| {
        let one = |line: &Line| format!("{} {} {}", line.serial, line.status.as_str(), line.amount.get());
        let first = of.iter().take(6).map(one).collect::<Vec<_>>().join("; ");
        format!("{} [{first}{}]", of.len(), if of.len() > 6 { "; …" } else { "" })
    };
    let (due, got) = (shown(&due), shown(got));
    Some(Text::new(
        format!("the lines should be {due}, and are {got}"),
        format!("明細は {due} のはずが、{got} でした。"),
    ))
}
