//! Chance that can be repeated: the same seed, stream and turn always draw the same.

/// The increment of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A draw of the turn `turn` in a stream. A stream is a text, so that one seed serves many of them.
pub fn draw(seed: u64, stream: &str, turn: u64) -> u64 {
    let start = mix(seed ^ hashed(stream));
    mix(start.wrapping_add(turn.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// Another draw from a draw, as independent of it as this needs to be.
pub fn next(drawn: u64) -> u64 {
    mix(drawn.wrapping_add(GOLDEN))
}

/// Whether `drawn` falls among the given part of a thousand.
pub fn is_among(drawn: u64, per_mille: u32) -> bool {
    drawn % 1_000 < u64::from(per_mille)
}

/// The finalizer of SplitMix64.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// FNV-1a.
fn hashed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_turn_draws_the_same_and_everything_else_another() {
        let drawn = draw(1, "00200 Clearing", 0);
        assert_eq!(draw(1, "00200 Clearing", 0), drawn);
        for other in [draw(2, "00200 Clearing", 0), draw(1, "00200 Inquiry", 0), draw(1, "00200 Clearing", 1)]
        {
            assert_ne!(other, drawn);
        }
        // what a seed draws is part of what a seed means: it must not change with the program
        assert_eq!(drawn, 6_170_975_888_862_203_485);
    }

    #[test]
    fn a_part_of_a_thousand_is_about_that_part() {
        for per_mille in [1, 50, 500, 999, 1_000] {
            let hits = (0..100_000).filter(|turn| is_among(draw(7, "x", *turn), per_mille)).count();
            let expected = usize::try_from(per_mille).unwrap() * 100;
            assert!(hits.abs_diff(expected) <= 50 + expected / 20, "{per_mille}: {hits}");
        }
    }
}
