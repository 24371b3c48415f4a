//! Every source file is part of a crate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{assert_none, files, from_root, metadata, root, target_sources};

/// The name in a line that declares a module in a file of its own.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = match line.strip_prefix("pub") {
        Some(rest) => match rest.strip_prefix('(') {
            Some(scope) => scope.split_once(')')?.1,
            None => rest,
        },
        None => line,
    };
    let name = rest.trim_start().strip_prefix("mod ")?.trim().strip_suffix(';')?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

/// The file in a line that places the module of the next line.
fn placed(line: &str) -> Option<&str> {
    line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")
}

/// Where the modules of `file` live: beside a crate's root or a `mod.rs`, else in the folder of its name.
fn folder_of(file: &Path, is_root: bool) -> PathBuf {
    let beside = is_root || file.file_name().is_some_and(|name| name == "mod.rs");
    if beside { file.parent().unwrap().to_path_buf() } else { file.with_extension("") }
}

#[test]
fn no_source_file_is_dead() {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<(PathBuf, bool)> =
        target_sources(&metadata(false)).into_iter().map(|path| (path, true)).collect();
    // crates outside of the workspace: what is run by hand, and an oracle
    let outside = ["tests/files/src/fuzz.rs", "tests/files/src/speed.rs", "tests/oracles/mt103/src/main.rs"];
    open.extend(outside.map(|path| (root().join(path), true)));
    while let Some((file, is_root)) = open.pop() {
        let file = file.canonicalize().unwrap();
        if !reached.insert(file.to_string_lossy().into_owned()) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let folder = folder_of(&file, is_root);
        for name in text.lines().filter_map(declared) {
            let candidates = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
            open.extend(candidates.into_iter().filter(|path| path.is_file()).map(|path| (path, false)));
        }
        for path in text.lines().filter_map(placed) {
            open.push((file.parent().unwrap().join(path), false));
        }
    }
    let is_dead = |path: &String| {
        let whole = root().join(path).canonicalize().unwrap();
        !reached.contains(whole.to_string_lossy().as_ref())
    };
    let sources = files().into_iter().filter(|f| f.has_extension(&["rs"])).map(|f| f.path);
    let findings: Vec<String> = sources.filter(is_dead).collect();
    assert_none(&findings, "files that no module declares");
}

#[test]
fn declarations_are_recognised() {
    for line in ["mod a_1;", "pub mod a_1;", "    pub(crate) mod a_1;", "pub(in crate::x) mod a_1;"] {
        assert_eq!(declared(line), Some("a_1"), "{line}");
    }
    for line in ["mod a {", "// mod a;", "model;", "let mod_a = 1;"] {
        assert_eq!(declared(line), None, "{line}");
    }
    assert_eq!(placed("#[path = \"tests.rs\"]"), Some("tests.rs"));
    assert_eq!(from_root(&root().join("a/b.rs")), "a/b.rs");
}
