//! What people do with batches before approvers are asked: making, changing and throwing away. Plan, right, account and
//! hours are asked here, whatever page was open; the engine keeps to the version that was seen.

use bulk::{
    Batch, Heading, Intake, Kind, Line, NewRow, Only, Peeked, ROWS_MAX, Route, SourceFile, Taken, peek, zedi,
};
use bytes::Bytes;
use domain::{BatchId, Date, random};
use edge::Errors;
use formats::Findings;
use formats::finding::Fault;
use formats::sniff::{Looks, SNIFF_BYTES, sniff};
use formats::zengin::{Rules, Tolerance};
use gateway::Service;
use ring::digest::{SHA256, digest};
use secrecy::SecretString;

use super::problem::Problem;
use super::{csv_rows, kinds, rules};
use crate::Bank;
use crate::contracts::Business;
use crate::mail::{Notice, To};
use crate::policy;
use crate::registration::{Registration, register};
use crate::sign_in::SignedIn;
use crate::tokens::{Operation, authorise};
use crate::transfers::payee::account_ref;

/// Bytes of a file that are taken at once.
const CHUNK_BYTES: usize = 64 * 1_024;
/// Bytes of a header record.
const HEADER_BYTES: usize = 120;
/// Findings of a message that are kept.
const FINDINGS_MAX: usize = 200;

/// Lets the user make or change a batch with this heading now, or not.
pub async fn permit(bank: &Bank, by: &SignedIn, heading: &Heading) -> Result<(), Problem> {
    let business = kinds::business(heading.kind);
    policy::require_account(by, business, heading.account).map_err(|_| Problem::NotPermitted)?;
    if heading.route == Route::File {
        // 一般ファイル伝送 is given account by account, too
        policy::require_account(by, Business::FileTransfer, heading.account)
            .map_err(|_| Problem::NotPermitted)?;
        rules::permit_file(by, business)?;
    }
    rules::require_open(bank, heading.kind.counted()).await?;
    match bank.gateway.stop_of(by.contract.id, Service::Transfer).await? {
        Some(stop) => Err(Problem::Stopped(stop.scope)),
        None => Ok(()),
    }
}

/// Whether the user may see a batch: whoever may do the business with its account.
pub fn may_see(by: &SignedIn, batch: &Batch) -> bool {
    policy::require_account(by, kinds::business(batch.heading.kind), batch.heading.account).is_ok()
}

fn actor(by: &SignedIn) -> String {
    by.user.id.to_string()
}

/// A draft of these rows: none where they are typed on screen.
pub async fn begin(
    bank: &Bank,
    by: &SignedIn,
    heading: Heading,
    rows: Vec<NewRow>,
) -> Result<Batch, Problem> {
    permit(bank, by, &heading).await?;
    let mut upload = bank.bulk.begin(by.contract.id, by.user.id, heading).await?;
    if let Err(error) = upload.add(rows).await {
        upload.abandon().await?;
        return Err(error.into());
    }
    Ok(upload.finish(by.contract.id, &actor(by)).await?)
}

/// A draft of the lines of a CSV file.
pub async fn begin_csv(bank: &Bank, by: &SignedIn, heading: Heading, file: Bytes) -> Result<Batch, Problem> {
    permit(bank, by, &heading).await?;
    let most = bank.bulk.terms().rows_max(heading.kind, heading.route).unwrap_or_default();
    let (kind, is_deducted, today) = (heading.kind, heading.deduction.is_some(), bank.clock.now().date());
    // away from what serves other pages
    let read =
        tokio::task::spawn_blocking(move || csv_rows::read(kind, most, today, is_deducted, &file)).await;
    let rows = read.map_err(|error| Problem::unavailable(&error))?.map_err(Problem::File)?;
    begin(bank, by, heading, rows).await
}

/// A draft with the rows of another batch, all or those that failed, on another day.
pub async fn begin_again(
    bank: &Bank,
    by: &SignedIn,
    heading: Heading,
    (from, only): (BatchId, Only),
) -> Result<Batch, Problem> {
    permit(bank, by, &heading).await?;
    let contract = by.contract.id;
    let source = bank.bulk.find(contract, from).await?.filter(|batch| may_see(by, batch));
    let source = source.map(|source| source.heading.kind);
    let Some(was) = source.filter(|was| kinds::again(*was).any(|kind| kind == heading.kind)) else {
        return Err(Problem::NotThere);
    };
    let kind = heading.kind;
    let mut upload = bank.bulk.begin(contract, by.user.id, heading).await?;
    let mut after = 0;
    loop {
        let rows = bank.bulk.rows(contract, from, only, after, ROWS_MAX).await?;
        let Some(last) = rows.last() else { break };
        after = last.number;
        if let Err(error) = upload.add(rows.into_iter().map(|row| as_new(row, was, kind))).await {
            upload.abandon().await?;
            return Err(error.into());
        }
    }
    Ok(upload.finish(contract, &actor(by)).await?)
}

/// A row as it is taken in again: with what is owed, where the payee bears the fee.
fn as_new(row: bulk::Row, was: Kind, kind: Kind) -> NewRow {
    let owed = row.owed.and_then(|owed| kinds::with_amount(&row.record, owed).ok());
    let place = usize::try_from(row.number).unwrap_or_default();
    let line = (was != kind).then(|| Line::read(was, place, &row.record, None).ok()).flatten();
    NewRow {
        record: owed.or_else(|| line.and_then(|line| line.as_transfer())).unwrap_or(row.record),
        is_deducted: row.owed.is_some(),
        // what can be written in a record is judged anew
        faults: if csv_rows::is_blank(&row) { row.faults } else { Vec::new() },
        attached: row.attached,
    }
}

/// What a person sends as an outside file (外部ファイル送信).
pub struct Sent {
    /// Its name.
    pub name: String,
    /// It.
    pub bytes: Bytes,
    /// Whether the person knows that it was sent before.
    pub again: bool,
}

/// A draft of a file in the layouts of the banks, of whatever business its header names (R117), or of 総合振込 as
/// pain.001. It costs a one-time password (R56).
pub async fn begin_file(
    bank: &Bank,
    by: &SignedIn,
    sent: Sent,
    code: &SecretString,
) -> Result<Batch, Problem> {
    let whole = |fault| Problem::File(csv_rows::whole(fault));
    let first = sent.bytes.get(..SNIFF_BYTES).unwrap_or(&sent.bytes);
    let kind = match sniff(first).map_err(whole)? {
        Looks::Zengin(code) => match kinds::of_code(code).ok_or_else(|| whole(Fault::Unknown))? {
            Kind::Debits if names_other_banks(&sent.bytes, bank.gateway.own_bank().as_str()) => {
                Kind::NetworkDebits
            }
            kind => kind,
        },
        Looks::Xml => Kind::Transfers,
        Looks::Csv => {
            let mut errors = Errors::none();
            errors.add("file", "CSVファイルは、ここでは送れません。「新しく作成する」の「CSVファイルから」で読み込んでください。");
            return Err(Problem::Input(errors));
        }
        Looks::Fin => return Err(whole(Fault::Unknown)),
    };
    rules::permit_file(by, kinds::business(kind))?;
    let today = bank.clock.now().date();
    let (source, header) = match sniff(first) {
        Ok(Looks::Xml) => {
            let message = read_message(bank, today, sent.bytes.clone()).await?;
            let header = message.header.clone();
            (Source::Message(Box::new(message)), header)
        }
        _ => {
            let header = sent.bytes.get(..HEADER_BYTES).and_then(|header| peek(kind, header, today));
            (Source::Records(sent.bytes.clone()), header.ok_or_else(|| whole(Fault::NoHeader))?)
        }
    };
    let found = digest(&SHA256, &sent.bytes);
    let found: [u8; 32] = found
        .as_ref()
        .try_into()
        .map_err(|error: std::array::TryFromSliceError| Problem::unavailable(&error))?;
    let before = bank.bulk.of_file(by.contract.id, &found).await?;
    if let Some(before) = before.first().filter(|_| !sent.again) {
        let author = bank.contracts.user(by.contract.id, before.author).await?;
        return Err(Problem::SameFile {
            at: before.created_at,
            by: author.map(|user| user.name).unwrap_or_default(),
            state: before.state,
        });
    }
    let kept = match &source {
        Source::Records(_) => header.header.to_vec(),
        Source::Message(message) => message.group.clone(),
    };
    let file = SourceFile { name: sent.name.clone(), digest: found, header: kept };
    let heading = file_heading(bank, by, kind, header, file).await?;
    permit(bank, by, &heading).await?;
    let code = authorise::operation(bank, by, Operation::BulkFileSend, code).await?;
    let intake = match source {
        Source::Records(bytes) => read_file(bank, by, heading, &bytes).await?,
        Source::Message(message) => take_message(bank, by, heading, *message).await?,
    };
    let (rows, amount) = (intake.total.count, intake.total.amount);
    let lines = vec![
        ("業務", kind.label().to_owned()),
        ("ファイル", sent.name.chars().take(60).collect()),
        ("件数", format!("{rows}件")),
        ("合計金額", format!("{amount} 円")),
        ("操作した方", by.user.name.clone()),
    ];
    let to = bank.contracts.recipients(by.contract.id, To::UserAndAdministrators(by.user.id)).await?;
    let what = Registration {
        action: "bulk.file",
        subject: intake.upload.id().to_string(),
        detail: format!("{kind}, {rows} rows, {amount} yen"),
        mail: Some((
            Notice {
                event: format!("bulk-file-{}", random::opaque_id()),
                title: "外部ファイルを受け付けました".to_owned(),
                lines,
                advice: "まだ何も引き落とされません。承認の期限までに、内容を確かめて承認を依頼してください。お心当たりがない場合は、すぐにお取引店へお電話ください。",
            },
            to,
        )),
        ..Registration::default()
    };
    // the code is spent before the draft is there: it cannot be used for another file
    if let Err(error) = register(bank, by, code, what).await {
        intake.upload.abandon().await?;
        return Err(error.into());
    }
    Ok(intake.upload.finish(by.contract.id, &actor(by)).await?)
}

/// Whether a line of 口座振替 is of an account at another bank: the file is one of 全国ネット型 then. The layout is the same.
fn names_other_banks(bytes: &Bytes, own_bank: &str) -> bool {
    let records: Vec<u8> = bytes.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    records
        .chunks(HEADER_BYTES)
        .any(|record| record.first() == Some(&b'2') && record.get(1..5) != Some(own_bank.as_bytes()))
}

/// What a file holds.
enum Source {
    /// Records, which are read as they are taken in.
    Records(Bytes),
    /// A message, which is right as a whole or not at all.
    Message(Box<zedi::Message>),
}

/// A message, read away from what serves other pages.
async fn read_message(bank: &Bank, today: Date, bytes: Bytes) -> Result<zedi::Message, Problem> {
    let bulk = bank.bulk.clone();
    let read = tokio::task::spawn_blocking(move || {
        let rules = Rules {
            today,
            tolerance: Tolerance::default(),
            directory: Some(bulk.directory()),
            lines_max: bulk.terms().rows_max(Kind::Transfers, Route::File).unwrap_or_default(),
            findings_max: FINDINGS_MAX,
        };
        zedi::read(&bytes, &rules)
    });
    read.await.map_err(|error| Problem::unavailable(&error))?.map_err(Problem::File)
}

async fn take_message(
    bank: &Bank,
    by: &SignedIn,
    heading: Heading,
    message: zedi::Message,
) -> Result<Taken, Problem> {
    let zedi::Message { rows, total, .. } = message;
    let mut upload = bank.bulk.begin(by.contract.id, by.user.id, heading).await?;
    let records = rows.len();
    if let Err(error) = upload.add(rows).await {
        upload.abandon().await?;
        return Err(error.into());
    }
    Ok(Taken { upload, findings: Findings::keeping(0), is_mendable: true, total, records })
}

async fn read_file(bank: &Bank, by: &SignedIn, heading: Heading, bytes: &Bytes) -> Result<Taken, Problem> {
    let upload = bank.bulk.begin(by.contract.id, by.user.id, heading).await?;
    let mut intake = Intake::new(&bank.bulk, upload, bank.clock.now().date());
    for chunk in bytes.chunks(CHUNK_BYTES) {
        match intake.push(chunk).await {
            Ok(formats::zengin::Flow::GoOn) => {}
            Ok(formats::zengin::Flow::Stop) => break,
            Err(error) => {
                intake.abandon().await?;
                return Err(error.into());
            }
        }
    }
    let taken = intake.end().await?;
    if taken.findings.is_empty() || taken.is_mendable {
        return Ok(taken);
    }
    taken.upload.abandon().await?;
    Err(Problem::File(taken.findings))
}

/// What the header of a file says, with the account of the contract that it names; a tax names none, and its main
/// account pays.
async fn file_heading(
    bank: &Bank,
    by: &SignedIn,
    kind: Kind,
    header: Peeked,
    file: SourceFile,
) -> Result<Heading, Problem> {
    let words = |words: &'static str| Problem::Input(edge::Errors::one("file", words));
    let mine = bank.contracts.accounts_for(&by.user, kinds::business(kind)).await?;
    let named = mine.iter().find_map(|one| {
        let from = account_ref(bank, one)?;
        (header.from.is_none() || header.from.as_ref() == Some(&from)).then_some((one.account, from))
    });
    let Some((account, from)) = named else {
        return Err(words(
            "ファイルのヘッダーにある引落口座が、この業務でお使いになれるご契約の口座ではありません。銀行番号・店番・科目・口座番号を、作成したソフトの設定で直してください。",
        ));
    };
    let Some(day) = header.day else {
        return Err(words(
            "ファイルのヘッダーにある指定日がありません。月日を直して、もう一度出してください。",
        ));
    };
    Ok(Heading {
        kind,
        route: Route::File,
        account,
        from,
        originator: header.originator,
        name: header.name,
        day,
        month: header.month,
        deduction: None,
        title: String::new(),
        file: Some(file),
    })
}

/// A batch that the user may change, as it stands.
pub async fn editable(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<(), Problem> {
    permit(bank, by, &batch.heading).await?;
    if batch.state.is_editable() { Ok(()) } else { Err(Problem::NotPossible(batch.state)) }
}

/// Puts another heading in the place of the one that was seen.
pub async fn set_heading(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    heading: Heading,
) -> Result<Batch, Problem> {
    editable(bank, by, batch).await?;
    permit(bank, by, &heading).await?;
    Ok(bank.bulk.set_heading(by.contract.id, batch.id, batch.version, heading).await?)
}

/// Puts other content in the place of a row, or adds one behind all others.
pub async fn put_row(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    number: Option<i64>,
    row: NewRow,
) -> Result<Batch, Problem> {
    editable(bank, by, batch).await?;
    let (contract, version) = (by.contract.id, batch.version);
    Ok(match number {
        Some(number) => bank.bulk.put_row(contract, batch.id, version, number, row).await?,
        None => bank.bulk.add_rows(contract, batch.id, version, vec![row]).await?,
    })
}

/// Adds rows behind those that are there.
pub async fn add_rows(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    rows: Vec<NewRow>,
) -> Result<Batch, Problem> {
    editable(bank, by, batch).await?;
    Ok(bank.bulk.add_rows(by.contract.id, batch.id, batch.version, rows).await?)
}

/// Takes rows out.
pub async fn remove_rows(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    numbers: &[i64],
) -> Result<Batch, Problem> {
    editable(bank, by, batch).await?;
    Ok(bank.bulk.remove_rows(by.contract.id, batch.id, batch.version, numbers).await?)
}

/// Throws a draft away.
pub async fn discard(bank: &Bank, by: &SignedIn, batch: &Batch) -> Result<(), Problem> {
    editable(bank, by, batch).await?;
    bank.bulk.discard(by.contract.id, batch.id, batch.version, &actor(by)).await?;
    Ok(())
}
