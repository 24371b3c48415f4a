//! Whatever bytes come, and whatever values are written.

use formats::kana::{Class, ZenginText};
use formats::zengin::{
    Code, Debits, Free, Kind, LocalTax, Name, Number, Payroll, Rules, Tolerance, Transfers, local_tax,
    transfer,
};
use proptest::prelude::*;

use super::sample::{self, file, read_by, rules, told};

fn text(class: Class, most: usize) -> impl Strategy<Value = ZenginText> {
    let typed = "[ぁ-ゖァ-ヺー゛゜a-zA-Z0-9() .-]{0,30}";
    typed.prop_map(move |typed| ZenginText::abridged(&typed, class).cut(most))
}

fn name() -> impl Strategy<Value = Name<30>> {
    text(Class::Party, 30)
        .prop_filter("a name", |text| !text.is_empty())
        .prop_map(|text| Name::of(&text).unwrap())
}

fn transfer_line() -> impl Strategy<Value = transfer::Line> {
    (name(), 1_u64..10_000_000_000, text(Class::Edi, 20), prop::sample::select(b"1249".to_vec())).prop_map(
        |(name, amount, edi, kind)| transfer::Line {
            name,
            amount: Number::of(amount).unwrap(),
            customer_codes: Free::of(&edi).unwrap(),
            identification: Code(b'Y'),
            account_kind: Code(kind),
            ..sample::transfers()[0]
        },
    )
}

/// Bytes that are nearly a file: those of one, some of them changed, cut or doubled.
fn nearly(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    let change = (0..length, prop_oneof![Just(b' '), Just(b'\n'), Just(b'\r'), Just(b'2'), any::<u8>()]);
    (prop::collection::vec(change, 0..6), 0..length, 0..length, any::<bool>()).prop_map(
        move |(changes, from, to, cuts)| {
            let mut bytes = bytes.clone();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            if cuts {
                bytes.drain(from.min(to)..from.max(to));
            }
            bytes
        },
    )
}

/// That the same is read whatever the parts, and that nothing sound is told to be wrong or the other way round.
fn holds<K: Kind + Clone>(kind: &K, bytes: &[u8], part: usize) -> Result<(), TestCaseError>
where
    K::Line: PartialEq + std::fmt::Debug,
{
    let everything =
        Tolerance { single_line_ends: true, cut_spaces: true, wo_in_names: true, zero_amounts: true };
    for tolerance in [Tolerance::default(), everything] {
        let rules = Rules { tolerance, lines_max: 20, findings_max: 50, ..rules() };
        let (report, lines) = read_by(kind.clone(), rules, bytes, part);
        let (whole, whole_lines) = read_by(kind.clone(), rules, bytes, 1 << 20);
        prop_assert_eq!(told(&report), told(&whole));
        prop_assert_eq!(&lines, &whole_lines);
        prop_assert!(lines.len() <= 20 && report.findings.kept().len() <= 50);
        for line in &lines {
            prop_assert!(kind.layouts()[1].is_met(&kind.line_bytes(line)) || tolerance.wo_in_names);
        }
        for finding in report.findings.kept() {
            prop_assert!(!finding.fault.what().is_empty() && !finding.fault.remedy().is_empty());
            prop_assert!(!finding.to_string().chars().any(char::is_control));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn transfers_read_back(lines in prop::collection::vec(transfer_line(), 1..20), part in 1_usize..400) {
        let bytes = file(Transfers, &sample::header("21"), &lines);
        let (report, found) = read_by(Transfers, rules(), &bytes, part);
        prop_assert_eq!(told(&report), Vec::<String>::new());
        prop_assert_eq!(report.total.amount, lines.iter().map(|line| line.amount.get()).sum::<u64>());
        prop_assert_eq!(file(Transfers, &report.header.unwrap(), &found), bytes);
        prop_assert_eq!(found, lines);
    }

    #[test]
    fn local_taxes_read_back(
        parts in prop::collection::vec((0_u64..99_999, 1_u64..99_999_999, 0_u64..9, 0_u64..99_999_999), 1..9),
        kept in "[ -~]{40}",
    ) {
        let kind = LocalTax::embedded();
        let lines: Vec<local_tax::Line> = parts.into_iter().map(|(count, amount, more, retired)| {
            let sum = |count, amount| formats::zengin::Sum { count, amount };
            let parts = local_tax::Parts {
                municipality: "041009".to_owned(),
                municipality_name: ZenginText::default(),
                designation: ZenginText::typed("1", Class::Edi).unwrap(),
                salary: sum(count.min(99_990), amount),
                retirement: sum(more, retired),
            };
            let mut line = kind.new_line(&parts).unwrap();
            line.record[80..].copy_from_slice(kept.as_bytes());
            line
        }).collect();
        let bytes = file(kind.clone(), &sample::tax_header(), &lines);
        let (report, found) = read_by(kind.clone(), rules(), &bytes, 100);
        prop_assert_eq!(told(&report), Vec::<String>::new());
        prop_assert_eq!(found, lines);
    }

    /// A record keeps its layout exactly where nothing is found in it.
    ///
    /// Proves SEC-36.
    #[test]
    fn a_record_is_refused_exactly_where_something_is_found(
        which in 0_usize..6, record in 0_usize..3, at in 0_usize..120, byte in any::<u8>(), with_wo in any::<bool>(),
    ) {
        let (_, bytes) = &sample::files()[which];
        let kinds: [&[formats::zengin::Layout; 4]; 6] = [
            Transfers.layouts(), Payroll::Salaries.layouts(), Payroll::Bonuses.layouts(),
            Debits::Request.layouts(), Debits::Result.layouts(), LocalTax::embedded().layouts(),
        ];
        let mut changed: [u8; 120] = bytes[record * 122..record * 122 + 120].try_into().unwrap();
        changed[at] = byte;
        let layout = kinds[which][record.min(1)].clone();
        let layout = if with_wo { layout.with_wo() } else { layout };
        prop_assert_eq!(layout.is_met(&changed), layout.findings(1, &changed, 10).is_empty());
    }

    #[test]
    fn no_bytes_break_a_reader(bytes in prop::collection::vec(any::<u8>(), 0..700), part in 1_usize..200) {
        holds(&Transfers, &bytes, part)?;
        holds(&Debits::Result, &bytes, part)?;
        holds(LocalTax::embedded(), &bytes, part)?;
    }

    #[test]
    fn nearly_a_file_breaks_no_reader(bytes in nearly(sample::files()[0].1.clone()), part in 1_usize..200) {
        holds(&Transfers, &bytes, part)?;
    }

    #[test]
    fn nearly_a_file_of_debits_breaks_no_reader(bytes in nearly(sample::files()[4].1.clone()), part in 1_usize..200) {
        holds(&Debits::Result, &bytes, part)?;
    }

    #[test]
    fn nearly_a_file_of_taxes_breaks_no_reader(bytes in nearly(sample::files()[5].1.clone()), part in 1_usize..200) {
        holds(LocalTax::embedded(), &bytes, part)?;
    }
}
