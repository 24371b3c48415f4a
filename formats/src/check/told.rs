//! What a check found, for people and for scripts.

use serde_json::{Value, json};

use crate::finding::{Finding, Findings};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    format: String,
    facts: Vec<(&'static str, String)>,
    findings: Findings,
}

impl Checked {
    /// A file of a format, with what it says.
    pub(super) fn new(format: String, facts: Vec<(&'static str, String)>, findings: Findings) -> Self {
        Self { format, facts, findings }
    }

    /// A file that is not looked at further.
    pub(super) fn refused(finding: Finding) -> Self {
        let mut findings = Findings::keeping(1);
        findings.add(finding);
        Self { format: "不明".to_owned(), facts: Vec::new(), findings }
    }

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// What is wrong.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Lines for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("形式: {}\n", self.format);
        for (name, value) in &self.facts {
            text += &format!("{name}: {value}\n");
        }
        if self.findings.is_empty() {
            return text + "誤りはありません。\n";
        }
        text += &format!("誤り: {}件\n", self.findings.count());
        for finding in self.findings.kept() {
            text += &format!("\n  {finding}\n");
            for (name, value) in [("許される値", finding.fault.allowed()), ("直し方", finding.fault.remedy())]
            {
                if !value.is_empty() {
                    text += &format!("    {name}: {value}\n");
                }
            }
        }
        let more = self.findings.count() - self.findings.kept().len();
        if more > 0 {
            text += &format!("\n  ほかに{more}件あります。\n");
        }
        text
    }

    /// The same for scripts.
    pub fn to_json(&self) -> Value {
        let facts: serde_json::Map<String, Value> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let findings: Vec<Value> = self.findings.kept().iter().map(told).collect();
        json!({
            "format": self.format,
            "facts": facts,
            "sound": self.is_sound(),
            "finding_count": self.findings.count(),
            "findings": findings,
        })
    }
}

fn told(finding: &Finding) -> Value {
    let place = &finding.place;
    json!({
        "code": finding.fault.code(),
        "record": place.record,
        "record_kind": place.kind,
        "field": place.field,
        "columns": place.columns,
        "column": place.column,
        "found": finding.found,
        "what": finding.fault.what(),
        "allowed": finding.fault.allowed(),
        "remedy": finding.fault.remedy(),
    })
}

/// An amount as people read it.
pub(super) fn yen(amount: i64) -> String {
    format!("{}円", domain::Yen::new(amount))
}
