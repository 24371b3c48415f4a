//! Makes the sample bills and sites of every folder under `collectors/data/fixtures` part of the program, so that
//! another institution's are a folder and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const FOLDER: &str = "../collectors/data/fixtures";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut folders = fs::read_dir(FOLDER)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    folders.sort();
    include_each(&folders, "bills")?;
    // a folder need not have this one
    folders.retain(|folder| folder.join("site.toml").exists());
    include_each(&folders, "site")
}

/// Lists each folder's name with the text of one of its files.
fn include_each(folders: &[PathBuf], name: &str) -> io::Result<()> {
    let mut list = String::from("&[\n");
    for folder in folders {
        let file = fs::canonicalize(folder.join(format!("{name}.toml")))?;
        println!("cargo::rerun-if-changed={}", file.display());
        let number = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // writing to a string cannot fail
        let _ = writeln!(list, "({number:?}, include_str!({:?})),", shown(&file));
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join(format!("{name}.rs")), list)
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
