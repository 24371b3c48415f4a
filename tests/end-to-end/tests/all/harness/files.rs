//! Where the tests find what was built and installed for them.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder of this build's programs, such as `target/debug`.
fn profile() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().to_path_buf()
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    profile().parent().unwrap().to_path_buf()
}

/// The program under test, with crash points.
pub fn mpn() -> PathBuf {
    let program = profile().join("mpn");
    assert!(
        program.exists(),
        "{} is missing: `cargo build --workspace --features crash-points` builds it",
        program.display()
    );
    program
}

/// The script of axe-core.
pub fn axe() -> String {
    let script = target().join("oracles/node/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&script)
        .unwrap_or_else(|_| panic!("{} is missing: ./test.sh installs it", script.display()))
}

/// Where the pictures of the pages go: the folder that `MPN_SCREENSHOTS` names. Without it none are taken, for no test
/// reads them and they take a browser longer than the pages do.
pub fn screenshots() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("MPN_SCREENSHOTS")?);
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}
