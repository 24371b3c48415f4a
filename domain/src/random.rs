//! The one place that draws random bytes, from the operating system.

/// `N` random bytes. Panics when the operating system has none to give: nothing safe can follow.
#[allow(clippy::disallowed_methods, reason = "the one place that draws randomness")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut drawn = [0; N];
    getrandom::fill(&mut drawn)
        .unwrap_or_else(|error| panic!("the operating system gives no random bytes: {error}"));
    drawn
}

/// 128 random bits as 26 letters and digits (Crockford base 32): for ids in addresses that must not be guessed.
pub fn opaque_id() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bits = u128::from_le_bytes(bytes::<16>());
    (0..26)
        .map(|_| {
            let index = usize::try_from(bits & 31).unwrap_or_default();
            bits >>= 5;
            char::from(ALPHABET[index])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn opaque_ids_differ_and_suit_an_address() {
        let (a, b) = (super::opaque_id(), super::opaque_id());
        assert_ne!(a, b);
        assert_eq!(a.len(), 26);
        assert!(a.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    }
}
