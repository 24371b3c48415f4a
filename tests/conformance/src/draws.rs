//! Chance that can be repeated: the same seed and the same case draw the same.

/// SplitMix64, begun from a seed and a name.
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// What is drawn for `name` under `seed`; cases do not disturb one another.
    pub fn new(seed: u64, name: &str) -> Self {
        // FNV-1a over the name, so that two cases of one run draw differently
        let folded = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(seed ^ folded)
    }

    /// Sixty-four bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.bits() % bound).unwrap_or_default()
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last + 1);
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_name_draw_the_same_and_others_differ() {
        let drawn = |seed, name| {
            (0..8)
                .map({
                    let mut draws = Draws::new(seed, name);
                    move |_| draws.below(1_000)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(4711, "fault-storm"), drawn(4711, "fault-storm"));
        assert_ne!(drawn(4711, "fault-storm"), drawn(4712, "fault-storm"));
        assert_ne!(drawn(4711, "fault-storm"), drawn(4711, "fault-restart"));
        let mut list: Vec<u8> = (0..20).collect();
        Draws::new(1, "x").shuffle(&mut list);
        assert_ne!(list, (0..20).collect::<Vec<u8>>());
        list.sort_unstable();
        assert_eq!(list, (0..20).collect::<Vec<u8>>());
    }
}
