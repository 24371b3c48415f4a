//! Which banks and branches there are, for looking up very many of them.

use std::collections::BTreeMap;

use super::Banks;

/// Words of bits for the thousand branches that a bank can have.
const WORDS: usize = 1_000_usize.div_ceil(64);

/// A set of the branches of every bank.
#[derive(Clone, Debug)]
pub struct Directory {
    /// By the bank's code.
    branches: Vec<Option<Box<[u64; WORDS]>>>,
    names: BTreeMap<usize, String>,
}

impl Directory {
    /// Of a master.
    pub fn of(banks: &Banks) -> Self {
        let mut directory = Self { branches: vec![None; 10_000], names: BTreeMap::new() };
        for bank in banks.all() {
            let Some(code) = number(bank.code.as_str().as_bytes()) else { continue };
            let mut bits = Box::new([0_u64; WORDS]);
            for branch in bank.branches() {
                if let Some(branch) = number(branch.code.as_str().as_bytes())
                    && let Some(word) = bits.get_mut(branch / 64)
                {
                    *word |= 1 << (branch % 64);
                }
            }
            if let Some(place) = directory.branches.get_mut(code) {
                *place = Some(bits);
                directory.names.insert(code, bank.name.clone());
            }
        }
        directory
    }

    /// Whether there is the bank, and the branch of it.
    pub fn has(&self, bank: &[u8; 4], branch: &[u8; 3]) -> (bool, bool) {
        let bits = number(bank).and_then(|bank| self.branches.get(bank)).and_then(Option::as_ref);
        let Some(bits) = bits else { return (false, false) };
        let is_there = number(branch)
            .is_some_and(|branch| bits.get(branch / 64).is_some_and(|word| word >> (branch % 64) & 1 == 1));
        (true, is_there)
    }

    /// The name of a bank.
    pub fn name(&self, bank: &[u8; 4]) -> Option<String> {
        self.names.get(&number(bank)?).cloned()
    }
}

/// The number of digits.
fn number(digits: &[u8]) -> Option<usize> {
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_has_what_the_master_has_and_nothing_else() {
        let banks = Banks::embedded();
        let directory = Directory::of(banks);
        for bank in 0..10_000_u16 {
            let code = format!("{bank:04}");
            let digits: [u8; 4] = code.as_bytes().try_into().unwrap();
            let known = banks.bank(&code.parse().unwrap());
            assert_eq!(directory.has(&digits, b"000").0, known.is_some());
            let Some(known) = known else { continue };
            for branch in 0..1_000_u16 {
                let code = format!("{branch:03}");
                let digits_of_branch: [u8; 3] = code.as_bytes().try_into().unwrap();
                let is_there = known.branch(&code.parse().unwrap()).is_some();
                assert_eq!(directory.has(&digits, &digits_of_branch).1, is_there, "{bank:04} {code}");
            }
        }
        assert_eq!(directory.has(b"01x5", b"100"), (false, false));
        assert_eq!(directory.has(b"0125", b"1 0"), (true, false));
        assert_eq!(directory.name(b"9900").unwrap(), "ゆうちょ");
    }
}
