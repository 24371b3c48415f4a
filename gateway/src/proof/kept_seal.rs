//! Seals kept outside the database: a file to which a line is added for each heads record. Whoever owns the database
//! can rewrite the log and take heads records away; the lines, and any copy of them elsewhere, tell of it.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use ledger::audit::hash::Hash;
use ledger::audit::{Finding, Heads, Seal, heads};

use super::KeySet;
use super::bundle::Hex;
use super::seal::UNSEALED_MAX_S;
use crate::{Gateway, StoreError};

/// Bytes of a line at most.
const LINE_BYTES_MAX: u64 = 512;
/// Findings about one file at most.
const FINDINGS_MAX: usize = 1_000;

/// A heads record's seal as a line: number, instant in microseconds, hash in hexadecimal, key and signature in base 64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSeal {
    /// The record's number.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Its hash, which stands for all that was logged before.
    pub hash: Hash,
    /// The hub's signature of these three.
    pub seal: Seal,
}

/// A line that is no seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no seal: number, microseconds, hash, key and signature")]
pub struct NoSeal;

impl KeptSeal {
    /// Of a heads record.
    pub fn of(heads: &Heads, seal: &Seal) -> Self {
        Self { number: heads.number, at: heads.at, hash: heads.hash(), seal: seal.clone() }
    }

    /// Adds it to a file, which is made where it is missing and which its owner alone may read. When this answers, the
    /// line outlives a power cut.
    pub fn append(&self, file: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut opened =
            std::fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)?;
        // what a crash has left of a line takes none with it
        let before = if ends_a_line(&mut opened)? { "" } else { "\n" };
        // in one write, so that two processes cannot mix their lines
        opened.write_all(format!("{before}{self}\n").as_bytes())?;
        opened.sync_all()?;
        // the file's name too: whoever made it may have died before
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn ends_a_line(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Whether a line that is no seal can be the beginning of one.
fn is_torn(line: &str) -> bool {
    let mut parts = line.split(' ');
    parts.next().is_some_and(|number| number.parse::<i64>().is_ok()) && parts.count() < 5
}

impl fmt::Display for KeptSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seal { key_id, signature } = &self.seal;
        let (at_us, hash) = (self.at.micros(), String::from(Hex(self.hash)));
        write!(f, "{} {at_us} {hash} {key_id} {}", self.number, STANDARD.encode(signature))
    }
}

impl FromStr for KeptSeal {
    type Err = NoSeal;
    fn from_str(line: &str) -> Result<Self, NoSeal> {
        let parts: Vec<&str> = line.split(' ').collect();
        let [number, at_us, hash, key_id, signature] = parts[..] else { return Err(NoSeal) };
        Ok(Self {
            number: number.parse().map_err(|_| NoSeal)?,
            at: Timestamp::from_micros(at_us.parse().map_err(|_| NoSeal)?),
            hash: Hex::try_from(hash.to_owned()).map_err(|_| NoSeal)?.0,
            seal: Seal {
                key_id: key_id.to_owned(),
                signature: STANDARD.decode(signature).map_err(|_| NoSeal)?,
            },
        })
    }
}

/// The seals of one file, by number. What cannot be read is a finding.
#[derive(Debug, Default)]
pub struct KeptSeals {
    seals: Vec<KeptSeal>,
    findings: Vec<Finding>,
}

impl KeptSeals {
    /// Reads a file of lines. What is left of one that a crash has torn is no finding once another follows.
    pub fn read(file: &Path) -> std::io::Result<Self> {
        let mut kept = Self::default();
        let mut lines = std::io::BufReader::new(std::fs::File::open(file)?);
        let (mut line, mut number, mut torn) = (Vec::new(), 0_usize, None);
        while (&mut lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? > 0 {
            number += 1;
            let text = std::str::from_utf8(&line).unwrap_or_default().trim_end_matches('\n');
            let read = text.parse::<KeptSeal>();
            if let (Some(before), Err(_)) = (torn.take(), &read) {
                kept.no_seal(before);
            }
            match read {
                Ok(seal) => kept.seals.push(seal),
                Err(NoSeal) if is_torn(text) => torn = Some(number),
                Err(NoSeal) => kept.no_seal(number),
            }
            line.clear();
        }
        if let Some(last) = torn {
            kept.no_seal(last);
        }
        Ok(kept)
    }

    fn no_seal(&mut self, line: usize) {
        self.found(format!("line {line}"), NoSeal.to_string());
    }

    fn newest(&self) -> i64 {
        self.seals.iter().map(|kept| kept.number).max().unwrap_or_default()
    }

    fn found(&mut self, subject: String, detail: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { check: "seal-kept", subject, detail });
        }
    }

    /// Compares with the heads records that the database has: `stored` are their hashes by number.
    fn compare(mut self, stored: &HashMap<i64, Hash>, is_hubs: impl Fn(&KeptSeal) -> bool) -> Vec<Finding> {
        for kept in std::mem::take(&mut self.seals) {
            let KeptSeal { number, at, hash, .. } = &kept;
            let what = match stored.get(number) {
                Some(same) if same == hash => continue,
                Some(_) => "is another in the database: what was logged until then was rewritten since",
                None => {
                    "is not in the database: it was set back to an earlier moment, or its end was cut off"
                }
            };
            let detail = match is_hubs(&kept) {
                true => format!("the heads record of {at} {what}"),
                false => {
                    "the line is not sealed by the hub's key, and the database has no such record".to_owned()
                }
            };
            self.found(number.to_string(), detail);
        }
        self.findings
    }
}

impl Gateway {
    /// Adds a seal to the deployment's file, where it has one. The seal counts all the same where that fails.
    pub(super) async fn keep_seal(&self, kept: KeptSeal) {
        let Some(file) = self.0.settings.seals_file.clone() else { return };
        let number = kept.number;
        let added = tokio::task::spawn_blocking(move || kept.append(&file)).await;
        if let Err(error) = added.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked))) {
            tracing::error!(%error, number, "the seal is in the database alone: its file cannot be written");
        }
    }

    /// The same for the deployment's own file, `None` where it is missing: besides, it must not be far behind.
    pub async fn audit_own_seals(
        &self,
        kept: Option<KeptSeals>,
        keys: &KeySet,
    ) -> Result<Vec<Finding>, StoreError> {
        // of a file that is there, a line may still be on its way
        let latest = kept.as_ref().map(|_| self.now().plus_seconds(-UNSEALED_MAX_S));
        let kept = kept.unwrap_or_default();
        let newest = kept.newest();
        let mut findings = self.audit_kept_seals(kept, keys).await?;
        let mut first = None;
        let each = self.0.ledger.each_heads(|sealed| {
            let heads = &sealed.heads;
            if heads.number > newest && latest.is_none_or(|latest| heads.at < latest) {
                first.get_or_insert((heads.number, heads.at));
            }
        });
        each.await?;
        findings.extend(first.map(|(number, at)| Finding {
            check: "seal-kept",
            subject: number.to_string(),
            detail: match latest {
                None => format!("the file of seals is missing, and there are heads records, from {at} on"),
                Some(_) => format!(
                    "the file of seals has no line of the heads record of {at}, and none that is newer"
                ),
            },
        }));
        Ok(findings)
    }

    /// Compares seals that were kept elsewhere with the heads records of the database, which must have each.
    pub async fn audit_kept_seals(&self, kept: KeptSeals, keys: &KeySet) -> Result<Vec<Finding>, StoreError> {
        let keys = keys.of(&self.0.settings.centre);
        let wanted: HashMap<i64, ()> = kept.seals.iter().map(|kept| (kept.number, ())).collect();
        let mut stored = HashMap::new();
        let each = self.0.ledger.each_heads(|sealed| {
            // made anew: what is stored as its hash may be anything
            if wanted.contains_key(&sealed.heads.number) {
                stored.insert(sealed.heads.number, sealed.heads.hash());
            }
        });
        each.await?;
        Ok(kept.compare(&stored, |kept| {
            let text = heads::text(kept.number, kept.at, &kept.hash);
            let key = keys.iter().find(|key| key.id() == kept.seal.key_id);
            key.is_some_and(|key| key.verifies(text.as_bytes(), &kept.seal.signature))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: i64, byte: u8) -> KeptSeal {
        let seal = Seal { key_id: "hub-1".to_owned(), signature: vec![1; 64] };
        KeptSeal { number, at: Timestamp::from_micros(1_764_000_000_000_000), hash: [byte; 32], seal }
    }

    #[test]
    fn a_line_reads_back_and_anything_else_is_none() {
        let line = kept(7, 0xab).to_string();
        assert_eq!(line.parse(), Ok(kept(7, 0xab)));
        assert!(line.starts_with("7 1764000000000000 abab") && line.contains(" hub-1 AQEB"), "{line}");
        for bad in
            ["", "7", &line.replace(' ', "  "), &line.replace("ab", "AB"), &format!("{line} x"), &line[1..]]
        {
            assert_eq!(bad.parse::<KeptSeal>(), Err(NoSeal), "{bad}");
        }
    }

    #[test]
    fn a_file_is_only_added_to_and_read_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seals");
        kept(1, 1).append(&file).unwrap();
        kept(2, 2).append(&file).unwrap();
        let read = KeptSeals::read(&file).unwrap();
        assert_eq!((read.seals, read.findings), (vec![kept(1, 1), kept(2, 2)], vec![]));
        // a crash in the middle of a line
        let torn = "3 1764000000000000 03";
        std::fs::write(&file, format!("{}\n{torn}", kept(1, 1))).unwrap();
        let read = KeptSeals::read(&file).unwrap();
        assert_eq!((read.seals, read.findings[0].subject.as_str()), (vec![kept(1, 1)], "line 2"));
        kept(4, 4).append(&file).unwrap();
        let read = KeptSeals::read(&file).unwrap();
        assert_eq!((read.seals, read.findings), (vec![kept(1, 1), kept(4, 4)], vec![]));
        // one byte that is no text
        std::fs::write(&file, [b"1 \xff\n", kept(2, 2).to_string().as_bytes()].concat()).unwrap();
        let read = KeptSeals::read(&file).unwrap();
        assert_eq!((read.seals, read.findings[0].subject.as_str()), (vec![kept(2, 2)], "line 1"));
        std::fs::write(&file, format!("x\n{}\n{}", kept(1, 1), "9".repeat(1_024))).unwrap();
        let read = KeptSeals::read(&file).unwrap();
        let lines: Vec<_> = read.findings.iter().map(|found| found.subject.as_str()).collect();
        assert_eq!((read.seals, lines), (vec![kept(1, 1)], vec!["line 1", "line 3", "line 4"]));
    }

    #[test]
    fn what_the_database_has_lost_or_changed_is_found() {
        let all = || KeptSeals { seals: vec![kept(1, 1), kept(2, 2), kept(3, 3)], findings: Vec::new() };
        let stored = |hashes: &[(i64, u8)]| hashes.iter().map(|(n, byte)| (*n, [*byte; 32])).collect();
        let subjects = |stored: HashMap<i64, Hash>, is_hubs: bool| {
            let found = all().compare(&stored, |_| is_hubs);
            found.into_iter().map(|found| (found.subject, found.detail)).collect::<Vec<_>>()
        };
        assert_eq!(subjects(stored(&[(1, 1), (2, 2), (3, 3), (4, 4)]), true), []);
        let found = subjects(stored(&[(1, 1), (2, 9)]), true);
        assert_eq!((found[0].0.as_str(), found[1].0.as_str(), found.len()), ("2", "3", 2));
        assert!(found[0].1.contains("rewritten") && found[1].1.contains("set back"), "{found:?}");
        let forged = subjects(stored(&[(1, 1), (2, 2)]), false);
        assert!(forged.len() == 1 && forged[0].1.contains("not sealed by the hub"), "{forged:?}");
    }
}
