//! Throws changed files at a parser, on the stable toolchain: no instrumentation, but inputs that make a parser say
//! something new are kept and changed further. What must hold is in `trial`.
//!
//! cargo run --profile fuzz --bin fuzz -- records 600 1

mod corpus;
mod trial;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use corpus::Mutator;

/// Inputs that are kept at most.
const KEPT_MAX: usize = 20_000;

fn main() {
    let mut words = std::env::args().skip(1);
    let target = words.next().unwrap_or_default();
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(60);
    let seed: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
    let Some(trial) = trial::of(&target) else {
        eprintln!("fuzz TARGET SECONDS SEED: a target is one of {}", trial::TARGETS.join(", "));
        std::process::exit(2);
    };
    let mut mutator = Mutator::new(seed);
    let mut kept = corpus::beginnings(&target);
    assert!(!kept.is_empty(), "no file to begin with");
    let mut seen: HashSet<u64> = HashSet::new();
    let (start, limit) = (Instant::now(), Duration::from_secs(seconds));
    let (mut runs, mut sound) = (0_u64, 0_u64);
    while start.elapsed() < limit {
        let input = mutator.changed(&kept);
        let outcome = catch_unwind(AssertUnwindSafe(|| trial(&input, mutator.part())));
        let Ok(said) = outcome else {
            let path = std::env::temp_dir().join(format!("finding-{target}-{seed}-{runs}"));
            std::fs::write(&path, &input).expect("a place for the finding");
            eprintln!("FOUND: {} after {runs} runs", path.display());
            std::process::exit(1);
        };
        runs += 1;
        sound += u64::from(said.is_sound);
        if seen.insert(said.what) && kept.len() < KEPT_MAX {
            kept.push(input);
        }
    }
    println!(
        "{target}: {runs} runs in {seconds} s, seed {seed}, {sound} of sound files, {} answers, nothing found",
        seen.len()
    );
}
