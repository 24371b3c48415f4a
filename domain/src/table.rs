//! Data that are part of the program: lines of cells separated by commas, `#` before a remark.

/// The lines, each with its cells. A line of another count is a fault of the file; every test that reads it finds it.
pub(crate) fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells.try_into().unwrap_or_else(|_| panic!("{N} cells are in a line, not: {line}"))
    })
}

/// A cell of exactly so many capital letters.
pub(crate) fn code<const N: usize>(text: &str) -> Option<[u8; N]> {
    let code: [u8; N] = text.as_bytes().try_into().ok()?;
    code.iter().all(u8::is_ascii_uppercase).then_some(code)
}

/// The same as a person types it: in small letters, full width, with spaces around.
pub(crate) fn code_typed<const N: usize>(text: &str) -> Option<[u8; N]> {
    let typed: String = text.trim().chars().map(crate::numbers::fold_width).collect();
    code(&typed.to_ascii_uppercase())
}
