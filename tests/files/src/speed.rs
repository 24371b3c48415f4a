//! How long a file of 総合振込 takes, parsed and validated whole on one thread, beside the crate `zengin-fmt` on the same
//! bytes, which looks at fewer things: not at characters of names, days, banks and branches.
//!
//! cargo run --release --bin speed

use std::hint::black_box;
use std::time::Duration;

use formats::kana::{Class, ZenginText};
use formats::zengin::{
    Code, Digits, Free, Label, Name, Number, Optional, Reader, Rules, Tolerance, Transfers, Writer, transfer,
};
use formats::{Banks, Directory};

/// Runs of each, in turn; the median is told.
const RUNS: usize = 11;
/// Bytes that are given at a time.
const PART_BYTES: usize = 1 << 16;

fn main() {
    let directory = Directory::of(Banks::embedded());
    let rules = Rules {
        today: "2026-11-24".parse().expect("a day"),
        tolerance: Tolerance::default(),
        directory: Some(&directory),
        lines_max: usize::MAX,
        findings_max: 100,
    };
    println!("| records | ours, ms | records/s | zengin-fmt, ms | times as fast |");
    println!("|---|---|---|---|---|");
    for count in [50, 500, 5_000, 50_000] {
        let bytes = file(count, rules);
        // long enough for the clock, which ticks every few milliseconds
        let repeat = 200_000 / count;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(timed(repeat, || read(&bytes, rules, count)));
            theirs.push(timed(repeat, || {
                let file = zengin_fmt::parse_general_transfer(&bytes).expect("a file");
                assert_eq!(black_box(file).details.len(), count);
            }));
        }
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        println!(
            "| {count} | {:.3} | {:.1} million | {:.3} | {:.1} |",
            ours * 1e3,
            count as f64 / ours / 1e6,
            theirs * 1e3,
            theirs / ours
        );
    }
}

/// Everything that a file goes through, its lines summed up as a user of them would.
fn read(bytes: &[u8], rules: Rules<'_>, count: usize) {
    let mut reader = Reader::new(Transfers, rules);
    let (mut sum, mut lines) = (0_u64, 0);
    for part in bytes.chunks(PART_BYTES) {
        let _ = reader.push(part, &mut |_, line: &transfer::Line| {
            sum += line.amount.get() + u64::from(line.name.bytes()[0]);
            lines += 1;
        });
    }
    let report = reader.end(&mut |_, _| {});
    assert!(report.findings.is_empty() && lines == count, "{:?}", report.findings);
    black_box(sum);
}

fn timed(repeat: usize, work: impl Fn()) -> Duration {
    let start = processor_time();
    for _ in 0..repeat {
        work();
    }
    (processor_time() - start) / u32::try_from(repeat).expect("few")
}

/// What this thread had of a processor, so that other work on the machine counts less.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

fn median(runs: &mut [Duration]) -> f64 {
    runs.sort();
    runs[runs.len() / 2].as_secs_f64()
}

/// A file whose lines go to every bank in turn, no two names alike.
fn file(count: usize, rules: Rules<'_>) -> Vec<u8> {
    let banks: Vec<(&str, &str)> = Banks::embedded()
        .all()
        .flat_map(|bank| bank.branches().map(|branch| (bank.code.as_str(), branch.code.as_str())))
        .collect();
    let names =
        ["ヤマダ タロウ", "カ)ミホンショウジ", "サトウ ハナコ", "ユ)レイジセイサクショ", "タナカ ジロウ"];
    let header = transfer::Header {
        kind: Digits::of("21").expect("digits"),
        originator: Digits::of("1234567890").expect("digits"),
        originator_name: name("カ)ミホンショウジ"),
        day: Digits::of("1130").expect("digits"),
        bank: Digits::of("0125").expect("digits"),
        branch: Digits::of("100").expect("digits"),
        account_kind: Code(b'1'),
        number: Digits::of("1234567").expect("digits"),
        ..transfer::Header::default()
    };
    let (mut writer, mut bytes) = Writer::begin(Transfers, rules, &header).expect("a header");
    for index in 0..count {
        let (bank, branch) = banks[index * 7 % banks.len()];
        let line = transfer::Line {
            bank: Digits::of(bank).expect("digits"),
            bank_name: Label::of(&ZenginText::typed("ミホン", Class::Branch).expect("kana")).expect("short"),
            branch: Digits::of(branch).expect("digits"),
            branch_name: Label::of(&ZenginText::typed("ホンテン", Class::Branch).expect("kana"))
                .expect("short"),
            clearing_house: Optional::of("0000").expect("digits"),
            account_kind: Code(b'1'),
            number: Digits::of(&format!("{:07}", index * 37 % 10_000_000)).expect("digits"),
            name: name(&format!("{} {index}", names[index % names.len()])),
            amount: Number::of(1 + index as u64 * 977 % 5_000_000).expect("ten digits"),
            newness: Code(b'0'),
            customer_codes: Free::of_bytes(format!("{index:020}").as_bytes()).expect("20 digits"),
            method: Code(b'7'),
            ..transfer::Line::default()
        };
        bytes.extend(writer.line(&line).expect("a line"));
    }
    bytes.extend(writer.end().expect("sums"));
    bytes
}

fn name<const N: usize>(typed: &str) -> Name<N> {
    Name::of(&ZenginText::typed(typed, Class::Party).expect("kana")).expect("short")
}
