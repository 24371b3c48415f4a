//! Which crate may use which. The table is that of docs/ARCHITECTURE.md.

use super::{assert_none, metadata, packages, text};

/// Library crates, each with those it may use. Test crates may use each other only where they are named.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("formats", &["domain"]),
    ("database", &["domain"]),
    ("edge", &["domain"]),
    ("ledger", &["domain", "database"]),
    ("collectors", &["domain", "edge"]),
    ("gateway", &["domain", "database", "ledger", "edge", "collectors"]),
    ("transfers", &["domain", "formats", "database", "ledger", "edge", "collectors"]),
    ("bulk", &["domain", "formats", "database", "ledger", "edge", "transfers"]),
    ("foreign", &["domain", "formats", "database", "ledger", "edge", "collectors"]),
    (
        "internet-banking",
        &["domain", "formats", "database", "ledger", "edge", "gateway", "transfers", "bulk", "foreign"],
    ),
    (
        "console",
        &[
            "domain",
            "formats",
            "database",
            "ledger",
            "edge",
            "gateway",
            "transfers",
            "bulk",
            "foreign",
            "internet-banking",
        ],
    ),
    ("mocks", &["domain", "edge"]),
    ("developers", &["domain", "edge", "collectors", "gateway"]),
];

/// Tests and the binary.
const OTHERS: &[(&str, &[&str])] = &[
    ("simulation", &["domain", "ledger", "collectors", "gateway"]),
    ("conformance", &["domain", "formats", "collectors"]),
    ("bank", &[]),
    ("bench", EVERY_LIBRARY),
    ("end-to-end", EVERY_LIBRARY),
    ("page-checks", &[]),
    ("tidy", &[]),
    ("mpn", EVERY_LIBRARY_AND_THE_RUNNABLE_TESTS),
];

const EVERY_LIBRARY: &[&str] = &[
    "domain",
    "formats",
    "database",
    "edge",
    "ledger",
    "collectors",
    "gateway",
    "transfers",
    "bulk",
    "foreign",
    "internet-banking",
    "console",
    "mocks",
    "developers",
];

/// `mpn bench`, `mpn simulate` and `mpn conform` are subcommands.
const EVERY_LIBRARY_AND_THE_RUNNABLE_TESTS: &[&str] = &[
    "domain",
    "formats",
    "database",
    "edge",
    "ledger",
    "collectors",
    "gateway",
    "transfers",
    "bulk",
    "foreign",
    "internet-banking",
    "console",
    "mocks",
    "developers",
    "bench",
    "simulation",
    "conformance",
];

/// What has no place where only vocabulary and codecs live: no runtime, no SQL, no HTTP.
const IMPURE: &[&str] =
    &["tokio", "sqlx", "hyper", "hyper-util", "axum", "http", "tower", "rustls", "tracing"];

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    LIBRARIES.iter().chain(OTHERS).find(|(name, _)| *name == package).map(|(_, uses)| *uses)
}

#[test]
fn arrows_between_crates_point_one_way() {
    let metadata = metadata(false);
    let ours: Vec<&str> = packages(&metadata).iter().map(|p| text(p, "name")).collect();
    let mut findings = Vec::new();
    for package in packages(&metadata) {
        let name = text(package, "name");
        let Some(allowed) = allowed(name) else {
            findings.push(format!("{name} is not in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            // a dependency of development or of the build has its kind here, a normal one null
            let used = text(dependency, "name");
            if dependency["kind"].is_null() && ours.contains(&used) && !allowed.contains(&used) {
                findings.push(format!("{name} may not use {used}"));
            }
        }
    }
    assert_none(&findings, "arrows of docs/ARCHITECTURE.md");
}

#[test]
fn the_table_itself_has_no_cycle() {
    for (position, (name, uses)) in LIBRARIES.iter().enumerate() {
        for used in *uses {
            let found = LIBRARIES.iter().position(|(other, _)| other == used);
            assert!(found.is_some_and(|at| at < position), "{name} uses {used}, which stands below it");
        }
    }
}

#[test]
fn vocabulary_and_codecs_stay_pure() {
    let metadata = metadata(false);
    let mut findings = Vec::new();
    for package in packages(&metadata).iter().filter(|p| matches!(text(p, "name"), "domain" | "formats")) {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"].is_null() && IMPURE.contains(&text(dependency, "name")) {
                findings.push(format!("{} uses {}", text(package, "name"), text(dependency, "name")));
            }
        }
    }
    assert_none(&findings, "domain and formats have no runtime, no SQL and no HTTP");
}
