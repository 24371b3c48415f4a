//! Lints that no crate leaves out, and dependencies that are pinned and licensed (SEC-45).

use super::{assert_none, files, licences, metadata, packages, root, text};

fn manifest(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut findings = Vec::new();
    for package in packages(&metadata(false)) {
        let manifest = std::fs::read_to_string(text(package, "manifest_path")).unwrap();
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.push(text(package, "name").to_owned());
        }
    }
    assert_none(&findings, "crates without `[lints] workspace = true`");
}

#[test]
fn the_lints_that_matter_are_on() {
    let manifest = manifest("Cargo.toml");
    for lint in [
        "unsafe_code = \"forbid\"",
        "float_arithmetic = \"deny\"",
        "disallowed_methods = \"deny\"",
        "cast_possible_truncation = \"deny\"",
        "cast_possible_wrap = \"deny\"",
        "cast_sign_loss = \"deny\"",
        "overflow-checks = true",
    ] {
        assert!(manifest.lines().any(|line| line == lint), "{lint}");
    }
}

/// The clock, the random bytes and the ids each have one place; everybody else passes them on.
#[test]
fn the_ambient_clock_and_randomness_are_read_in_one_place_each() {
    let allowance = format!("clippy::{}", "disallowed_methods");
    let places = ["domain/src/clock.rs", "domain/src/id.rs", "domain/src/random.rs"];
    let findings: Vec<String> = files()
        .into_iter()
        .filter(|f| f.has_extension(&["rs"]) && f.text.contains(&allowance))
        .map(|f| f.path)
        .filter(|path| !places.contains(&path.as_str()) && path != "tests/tidy/tests/dependencies.rs")
        .collect();
    assert_none(&findings, "files that allow themselves the ambient clock or randomness");
}

#[test]
fn the_toolchain_is_one_version() {
    let toolchain = manifest("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let digits = channel.trim_matches('"').split('.').filter(|part| part.parse::<u32>().is_ok()).count();
    assert_eq!(digits, 3, "{channel} is not one version");
}

#[test]
fn dependencies_are_pinned_come_from_the_registry_and_have_a_licence_we_accept() {
    let metadata = metadata(true);
    let mut findings = Vec::new();
    for package in packages(&metadata) {
        let (name, licence, source) =
            (text(package, "name"), text(package, "license"), text(package, "source"));
        if !source.is_empty() && !source.starts_with("registry+") {
            findings.push(format!("{name} comes from {source}"));
        }
        if !licences::is_accepted(licence) {
            findings.push(format!("{name} has the licence {licence:?}"));
        }
    }
    assert_none(&findings, "dependencies");
}

#[test]
fn every_dependency_has_a_checksum() {
    let lock = manifest("Cargo.lock");
    let mut findings = Vec::new();
    for package in lock.split("[[package]]").skip(1) {
        if package.contains("\nsource = ") && !package.contains("\nchecksum = ") {
            findings.push(package.lines().nth(1).unwrap_or_default().to_owned());
        }
    }
    assert_none(&findings, "packages in Cargo.lock without a checksum");
}

/// OpenSSL and aws-lc would bring C code for TLS; ring is the one provider.
#[test]
fn there_is_one_implementation_of_tls() {
    let metadata = metadata(true);
    let names: Vec<&str> = packages(&metadata).iter().map(|p| text(p, "name")).collect();
    for unwanted in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"] {
        assert!(!names.contains(&unwanted), "{unwanted}");
    }
}
