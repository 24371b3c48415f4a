//! Codes held against OATH Toolkit, other people's implementation of RFC 6238: the bank's, and those of the page that
//! stands in for the devices.

use std::process::Command;

use domain::Timestamp;
use internet_banking::tokens::{Seed, Step};

/// What `oathtool` answers for a secret at an instant, in the steps of the bank's tokens.
fn oathtool(seed: &[u8; 20], at: Timestamp) -> String {
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = format!("@{}", at.seconds());
    let output = Command::new("oathtool")
        .args(["--totp", "--time-step-size=60s", "--digits=6", "--now", &now, &hex])
        .output()
        .expect("oathtool, of the Debian package of that name");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Six digits that change every 60 seconds, as anybody's token shows them.
///
/// Proves R51.
#[test]
fn codes_are_those_of_another_implementation() {
    let instants = [
        "1970-01-01T09:00:00+09:00",
        "2026-11-24T09:59:59+09:00",
        "2026-11-24T10:00:00+09:00",
        "2026-11-24T10:00:59+09:00",
        "2026-11-24T10:01:00+09:00",
        "2038-01-19T12:14:08+09:00",
        "2106-02-07T15:28:16+09:00",
    ];
    for n in 0..8_u8 {
        let seed: [u8; 20] =
            std::array::from_fn(|i| n.wrapping_mul(37).wrapping_add(u8::try_from(i).unwrap() * 11));
        let device = mocks::Device { serial: n.to_string(), label: String::new(), seed };
        let mut shown = std::collections::BTreeSet::new();
        for at in instants.map(|at| Timestamp::parse_rfc3339(at).unwrap()) {
            let code = oathtool(&seed, at);
            assert_eq!(Seed::new(seed).code(Step::at(at)), code, "the bank's at {at}");
            assert_eq!(device.code_at(at.seconds()), code, "the device's at {at}");
            assert_eq!(Seed::new(seed).step_typed(&code, at), Some(Step::at(at)));
            shown.insert(code);
        }
        assert_eq!(shown.len(), instants.len() - 1, "two instants are of one minute");
    }
}
