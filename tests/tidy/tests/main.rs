//! Style and structure as a test: what a reviewer would otherwise have to remember.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod arrows;
mod audit_words;
mod dependencies;
mod documents;
mod files;
mod licences;
mod migrations;
mod modules;
mod requirements;
mod templates;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Folders that hold nothing of ours; `.git` of a further worktree is a file.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "demo-data"];

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A text file of ours: its path from the root and what is in it.
struct File {
    path: String,
    text: String,
}

impl File {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| extensions.contains(&found))
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Every text file of the repository, in the order of the paths.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref()) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                // fonts and pictures are no text; a file that an editor removed in between is none either
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push(File { path: from_root(&path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the walk went wrong");
    found
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// What `cargo metadata` says, with the dependencies of other people or without.
fn metadata(with_dependencies: bool) -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(["metadata", "--format-version", "1", "--locked"]);
    if with_dependencies {
        command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
    } else {
        command.arg("--no-deps");
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "Cargo.lock is not up to date: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages in an answer of [`metadata`].
fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().unwrap()
}

/// A field that is a string.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The sources of every target of the workspace, which all others are reached from.
fn target_sources(metadata: &Value) -> Vec<PathBuf> {
    let targets = packages(metadata).iter().flat_map(|p| p["targets"].as_array().unwrap());
    targets.map(|target| PathBuf::from(text(target, "src_path"))).collect()
}

/// Fails with one line per finding.
#[track_caller]
fn assert_none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
