//! The demo's token devices. Their maker has drawn each secret from the deployment's, so that the demo can hand the
//! same device to the bank once, and to the page that stands in for it at every start.

use std::ops::RangeInclusive;

use chrono::{Days, Months};
use domain::{ContractId, Date};
use internet_banking::Bank;
use internet_banking::secrets::{Purpose, Secret};
use internet_banking::tokens::{NewToken, Seed, TokenKind, TokenState, code::SEED_BYTES};
use ring::hmac;

use super::sample::{SampleContract, contracts};
use super::staff::STAFF;

/// Sent out, and not registered for use yet: contract and serial.
const SHIPPED: &[(&str, &str)] = &[("株式会社見本商事", "9000000006"), ("有限会社例示製作所", "9000000007")];
/// A program on a telephone; all others are devices.
const SOFTWARE: &str = "9000000005";
/// Expires in some weeks, so that the clock need not be set far to see what comes of it.
const EXPIRES_SOON: &str = "9000000004";
const SOON_DAYS: u64 = 45;
/// Months after which a new device expires.
const LASTS_MONTHS: u32 = 60;
/// At the bank, nobody's.
const STOCK: RangeInclusive<u64> = 9_000_000_901..=9_000_000_920;

/// The maker that the demo's bank buys its tokens from.
pub struct Maker(hmac::Key);

impl Maker {
    /// The maker of this deployment's devices.
    pub fn of(secret: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &*secret.key(Purpose::DemoTokens)))
    }

    /// The secret in the device of a serial.
    pub fn seed(&self, serial: &str) -> Seed {
        Seed::new(self.bytes(serial))
    }

    /// Delivers a contract's tokens.
    pub async fn deliver(
        &self,
        bank: &Bank,
        contract: ContractId,
        sample: &SampleContract,
    ) -> anyhow::Result<()> {
        let today = bank.clock.now().date();
        let mut serials: Vec<_> = sample.users.iter().map(|u| u.token_serial.as_str()).collect();
        serials.sort_unstable();
        serials.dedup();
        for serial in serials {
            let expires_on = match serial {
                EXPIRES_SOON => today.checked_add_days(Days::new(SOON_DAYS)),
                _ => lasts_until(today),
            };
            self.put(bank, serial, Some(contract), TokenState::InUse, expires_on).await?;
        }
        for (_, serial) in SHIPPED.iter().filter(|(company, _)| *company == sample.name) {
            self.put(bank, serial, Some(contract), TokenState::Shipped, lasts_until(today)).await?;
        }
        Ok(())
    }

    /// Delivers what the bank has in stock.
    pub async fn stock(&self, bank: &Bank) -> anyhow::Result<()> {
        let expires_on = lasts_until(bank.clock.now().date());
        for serial in STOCK {
            self.put(bank, &serial.to_string(), None, TokenState::Stock, expires_on).await?;
        }
        Ok(())
    }

    async fn put(
        &self,
        bank: &Bank,
        serial: &str,
        contract: Option<ContractId>,
        state: TokenState,
        expires_on: Option<Date>,
    ) -> anyhow::Result<()> {
        let kind = if serial == SOFTWARE { TokenKind::Software } else { TokenKind::Hardware };
        let seed = &self.seed(serial);
        let new = NewToken { serial, kind, contract, state, expires_on, seed };
        Ok(bank.tokens.deliver(&new, bank.clock.now()).await?)
    }

    /// Every device of the demo, for the page that stands in for them.
    pub fn devices(&self) -> Vec<mocks::Device> {
        let mut devices: Vec<mocks::Device> = Vec::new();
        let mut add = |serial: &str, label: String| match devices.iter_mut().find(|d| d.serial == serial) {
            Some(shared) => shared.label = format!("{}、{label}", shared.label),
            None => {
                devices.push(mocks::Device { serial: serial.to_owned(), label, seed: self.bytes(serial) });
            }
        };
        for contract in contracts() {
            for user in &contract.users {
                add(&user.token_serial, format!("{} {}", contract.name, user.name));
            }
        }
        for (company, serial) in SHIPPED {
            add(serial, format!("{company}(未登録)"));
        }
        for member in &STAFF {
            add(member.token_serial, format!("当行 {}", member.name));
        }
        for serial in STOCK {
            add(&serial.to_string(), "当行の在庫".to_owned());
        }
        devices
    }

    fn bytes(&self, serial: &str) -> [u8; SEED_BYTES] {
        let drawn = hmac::sign(&self.0, serial.as_bytes());
        let mut seed = [0; SEED_BYTES];
        for (to, from) in seed.iter_mut().zip(drawn.as_ref()) {
            *to = *from;
        }
        seed
    }
}

/// What is printed on a new device.
fn lasts_until(today: Date) -> Option<Date> {
    today.checked_add_months(Months::new(LASTS_MONTHS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_there_once_with_a_secret_of_its_own_that_never_changes() {
        let maker = Maker::of(&Secret::new([3; 32]));
        let devices = maker.devices();
        let serials: std::collections::BTreeSet<_> = devices.iter().map(|d| &d.serial).collect();
        let seeds: std::collections::BTreeSet<_> = devices.iter().map(|d| d.seed).collect();
        assert_eq!((serials.len(), seeds.len()), (devices.len(), devices.len()));
        let again = Maker::of(&Secret::new([3; 32])).devices();
        assert!(devices.iter().zip(&again).all(|(one, other)| one.seed == other.seed));
        let others = Maker::of(&Secret::new([4; 32])).devices();
        assert!(devices.iter().zip(&others).all(|(one, other)| one.seed != other.seed));
        let shared = devices.iter().find(|device| device.serial == "9000000002").unwrap();
        assert!(shared.label.contains("佐藤花子") && shared.label.contains("高橋健"), "{}", shared.label);
    }
}
