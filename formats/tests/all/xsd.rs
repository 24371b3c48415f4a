//! The XML against the schemas of ISO 20022, by xmllint. They are not ours to hand on, so they are not in the project:
//! `MPN_XSD_DIR` says where they are, or they lie beside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the schemas are, if they are anywhere.
fn schemas() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/iso20022");
    let folder = std::env::var_os("MPN_XSD_DIR").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// Keeps the schema of the message that is named, `pain.001.001.03`.
pub fn validated(message: &str, bytes: &[u8]) {
    let name = format!("{message}.xsd");
    let schema = schemas().map(|folder| folder.join(&name)).filter(|path| path.is_file());
    let Some(schema) = schema else {
        assert!(std::env::var_os("CI").is_none(), "{name} is missing: set MPN_XSD_DIR");
        eprintln!("{message} is not validated: {name} is not here, and no package of the oracles has it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("message.xml");
    std::fs::write(&file, bytes).unwrap();
    let lint =
        Command::new("xmllint").arg("--noout").arg("--schema").args([&schema, &file]).output().unwrap();
    assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stderr));
}
