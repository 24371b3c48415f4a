//! The bank's authority for its customers' certificates (認証局): a key that signs, and the certificates of those that
//! signed before it, so that what they issued stays good until it expires.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{Datelike as _, Months};
use domain::{Date, Timestamp, random};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use zeroize::Zeroizing;

/// The bank's name in certificates.
const BANK: &str = "見本銀行";
/// How long an authority's own certificate is good.
const AUTHORITY_YEARS: u32 = 10;
/// Bytes of a certificate's serial number: 128 random bits.
pub const SERIAL_BYTES: usize = 16;
/// Bytes of SHA-256.
pub const FINGERPRINT_BYTES: usize = 32;
/// Characters of one part of a name (RFC 5280).
const NAME_CHARS_MAX: usize = 64;
/// A browser whose clock is this much behind takes a new certificate all the same.
const SKEW_S: i64 = 3600;

/// Why an authority cannot be used, or cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its certificate is none.
    #[error("the authority's certificate cannot be read")]
    Certificate,
    /// Its key is none, or another's.
    #[error("the authority's key cannot be read, or is not that of its certificate")]
    Key,
    /// There is no authority.
    #[error("this process has no authority that issues certificates")]
    None,
    /// It could not sign.
    #[error("the certificate could not be signed: {0}")]
    Sign(#[from] rcgen::Error),
}

/// A key with its certificate, as they are kept in files.
pub struct NewAuthority {
    /// The certificate.
    pub certificate_pem: String,
    /// The key, for the bank alone.
    pub key_pem: Zeroizing<String>,
}

/// One authority.
pub struct Authority {
    id: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// From which day on it issues; none of one that waits.
    issues_from: Option<Date>,
}

/// Everything that issues, has issued or will issue certificates, the newest last. Cheap to clone: all clones see what
/// one of them is [told](Self::replace).
#[derive(Clone, Default)]
pub struct Authorities(Arc<RwLock<Arc<Vec<Authority>>>>);

/// For whom a certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The company.
    pub contract: String,
}

/// A certificate as it was signed.
pub struct Signed {
    /// Which authority signed.
    pub authority: String,
    /// Its serial number.
    pub serial: [u8; SERIAL_BYTES],
    /// The certificate.
    pub der: Vec<u8>,
    /// The authority's own certificate, for the file that the user imports.
    pub authority_der: Vec<u8>,
}

/// SHA-256 of a certificate or a key.
pub fn fingerprint(der: &[u8]) -> [u8; FINGERPRINT_BYTES] {
    let mut made = [0; FINGERPRINT_BYTES];
    made.copy_from_slice(digest(&SHA256, der).as_ref());
    made
}

/// The same time of day so many years later; the end of February where the day is missing.
pub fn years_after(at: Timestamp, years: u32) -> Timestamp {
    let later = at.date().checked_add_months(Months::new(years.saturating_mul(12)));
    // certificates count whole seconds
    let made = later.map_or(at, |day| Timestamp::from_jst(day, at.time()));
    Timestamp::from_micros(made.seconds().saturating_mul(1_000_000))
}

impl NewAuthority {
    /// Makes one. `number` tells it from those before it.
    pub fn generate(number: u32, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        let generation = format!("{BANK} 電子証明書認証局 G{number} {}", now.date().year());
        name(&mut params, &[(DnType::CountryName, "JP"), (DnType::OrganizationName, BANK)]);
        params.distinguished_name.push(DnType::CommonName, generation);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(SerialNumber::from_slice(&serial()));
        valid(&mut params, now, years_after(now, AUTHORITY_YEARS));
        Ok(Self {
            certificate_pem: params.self_signed(&key)?.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }
}

impl Authority {
    /// From its files. `id` is what the certificates' rows call it. It issues at once.
    pub fn read(id: &str, certificate_pem: &str, key_pem: &str) -> Result<Self, AuthorityError> {
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| AuthorityError::Certificate)?;
        let key = KeyPair::from_pem(key_pem).map_err(|_| AuthorityError::Key)?;
        {
            let read = parse(&certificate).ok_or(AuthorityError::Certificate)?;
            if read.public_key().raw != key.subject_public_key_info() || !read.is_ca() {
                return Err(AuthorityError::Key);
            }
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        let issues_from = Some(Date::MIN);
        Ok(Self { id: id.to_owned(), certificate, issuer, issues_from })
    }

    /// The same, which issues from a day on, or not yet.
    #[must_use]
    pub fn issuing_from(self, day: Option<Date>) -> Self {
        Self { issues_from: day, ..self }
    }

    /// Whether this one signed it.
    fn has_signed(&self, certificate: &X509Certificate<'_>) -> bool {
        parse(&self.certificate).is_some_and(|own| {
            certificate.issuer().as_raw() == own.subject().as_raw()
                && certificate.verify_signature(Some(own.public_key())).is_ok()
        })
    }
}

impl Authorities {
    /// The newest last. What one has issued stays good while it is among them.
    pub fn new(authorities: Vec<Authority>) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(authorities))))
    }

    /// These instead, from now on.
    pub fn replace(&self, authorities: Vec<Authority>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(authorities);
    }

    fn all(&self) -> Arc<Vec<Authority>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Their names (DER), by which browsers choose among certificates.
    pub fn names(&self) -> Vec<Vec<u8>> {
        let name =
            |authority: &Authority| parse(&authority.certificate).map(|own| own.subject().as_raw().to_vec());
        self.all().iter().filter_map(name).collect()
    }

    /// The id of the authority that has signed a certificate.
    pub fn signer(&self, certificate: &X509Certificate<'_>) -> Option<String> {
        self.all().iter().find(|authority| authority.has_signed(certificate)).map(|found| found.id.clone())
    }

    /// Signs a certificate for a key, good from now on.
    pub fn sign(
        &self,
        subject: &Subject,
        key: &impl PublicKeyData,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Signed, AuthorityError> {
        let all = self.all();
        let day = now.date();
        let began = |authority: &&Authority| authority.issues_from.is_some_and(|from| from <= day);
        // of two that begin on one day the newer
        let newest = all.iter().filter(began).max_by_key(|authority| authority.issues_from);
        let newest = newest.ok_or(AuthorityError::None)?;
        let serial = serial();
        let mut params = CertificateParams::default();
        let person = format!("{} {}", subject.login_id, subject.name);
        name(&mut params, &[(DnType::CountryName, "JP"), (DnType::OrganizationName, &subject.contract)]);
        name(&mut params, &[(DnType::OrganizationalUnitName, BANK), (DnType::CommonName, &person)]);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        valid(&mut params, now, expires_at);
        let signed = params.signed_by(key, &newest.issuer)?;
        Ok(Signed {
            authority: newest.id.clone(),
            serial,
            der: signed.der().to_vec(),
            authority_der: newest.certificate.to_vec(),
        })
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().iter().map(|authority| &authority.id)).finish()
    }
}

/// Until when an authority's certificate (PEM) is good; nothing where it is none.
pub fn expires_at(certificate_pem: &str) -> Option<Timestamp> {
    let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).ok()?;
    Some(end_of(&parse(&certificate)?))
}

fn end_of(read: &X509Certificate<'_>) -> Timestamp {
    Timestamp::from_micros(read.validity().not_after.timestamp().saturating_mul(1_000_000))
}

/// Reads a certificate that is nothing but one.
pub fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, read)| read)
}

/// Positive and of full length: the first bit is 0 and the second 1.
fn serial() -> [u8; SERIAL_BYTES] {
    let mut serial: [u8; SERIAL_BYTES] = random::bytes();
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

fn name(params: &mut CertificateParams, parts: &[(DnType, &str)]) {
    for (kind, text) in parts {
        let text: String = text.chars().take(NAME_CHARS_MAX).collect();
        params.distinguished_name.push(kind.clone(), text);
    }
}

/// From a little before now, by the clock of business and by that of the machine, which browsers go by.
fn valid(params: &mut CertificateParams, now: Timestamp, expires_at: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let seconds = |at: Timestamp| Duration::from_secs(u64::try_from(at.seconds()).unwrap_or_default());
    let from = now.min(domain::clock::machine_now()).plus_seconds(-SKEW_S);
    params.not_before = epoch + seconds(from);
    params.not_after = epoch + seconds(expires_at);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    pub fn authority(id: &str) -> Authority {
        let made = NewAuthority::generate(1, now()).unwrap();
        Authority::read(id, &made.certificate_pem, &made.key_pem).unwrap()
    }

    pub fn subject() -> Subject {
        Subject {
            login_id: "hanako01".to_owned(),
            name: "経理 佐藤花子".to_owned(),
            contract: "株式会社見本商事".to_owned(),
        }
    }

    fn signed(by: &Authorities) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        by.sign(&subject(), &key, now(), years_after(now(), 1)).unwrap().der
    }

    #[test]
    fn a_certificate_is_for_clients_and_for_one_person() {
        let authorities = Authorities::new(vec![authority("1")]);
        let der = signed(&authorities);
        let read = parse(&der).unwrap();
        assert_eq!(authorities.signer(&read), Some("1".to_owned()));
        assert_eq!(read.raw_serial().len(), SERIAL_BYTES);
        assert!(!read.is_ca());
        let usage = read.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth && !usage.any);
        let usage = read.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && !usage.key_cert_sign());
        let names: Vec<_> = read.subject().iter_common_name().map(|cn| cn.as_str().unwrap()).collect();
        assert_eq!(names, ["hanako01 経理 佐藤花子"]);
        assert_ne!(signed(&authorities), der, "another serial number");
    }

    /// Proves R39.
    #[test]
    fn a_certificate_is_good_for_one_year() {
        let der = signed(&Authorities::new(vec![authority("1")]));
        let read = parse(&der).unwrap();
        let ends = Timestamp::from_micros(read.validity().not_after.timestamp() * 1_000_000);
        assert_eq!(ends.rfc3339(), "2027-11-24T10:00:00+09:00");
        let leap = Timestamp::parse_rfc3339("2028-02-29T23:59:59+09:00").unwrap();
        assert_eq!(years_after(leap, 1).rfc3339(), "2029-02-28T23:59:59+09:00");
        assert!(read.validity().not_before.timestamp() < now().seconds());
    }

    #[test]
    fn the_newest_authority_issues_and_what_the_older_issued_stays_good() {
        let old = Authorities::new(vec![authority("1")]);
        let (of_old, stranger) = (signed(&old), signed(&Authorities::new(vec![authority("9")])));
        let first = Arc::into_inner(std::mem::take(&mut *old.0.write().unwrap())).unwrap();
        let both = old.clone();
        old.replace(first.into_iter().chain([authority("2")]).collect());
        assert_eq!(both.signer(&parse(&of_old).unwrap()), Some("1".to_owned()));
        assert_eq!(both.signer(&parse(&signed(&both)).unwrap()), Some("2".to_owned()));
        assert_eq!(both.signer(&parse(&stranger).unwrap()), None, "the same name and another key");
        assert_eq!(both.names().len(), 2);
        assert_eq!(format!("{both:?}"), "[\"1\", \"2\"]");
    }

    #[test]
    fn an_authority_issues_from_its_day_on_and_what_it_signed_is_good_before() {
        let next = authority("2").issuing_from(Some("2026-11-25".parse().unwrap()));
        let waiting = authority("3").issuing_from(None);
        let all = Authorities::new(vec![authority("1"), next, waiting]);
        let key = KeyPair::generate().unwrap();
        for (days, by) in [(0, "1"), (1, "2"), (400, "2")] {
            let at = now().plus_seconds(days * 86_400);
            assert_eq!(all.sign(&subject(), &key, at, years_after(at, 1)).unwrap().authority, by, "{days}");
        }
        assert_eq!(all.names().len(), 3, "browsers offer the certificates of all");
    }

    #[test]
    fn an_authority_is_read_with_its_own_key_alone() {
        let (one, other) =
            (NewAuthority::generate(1, now()).unwrap(), NewAuthority::generate(2, now()).unwrap());
        assert!(Authority::read("1", &one.certificate_pem, &one.key_pem).is_ok());
        assert!(matches!(
            Authority::read("1", &one.certificate_pem, &other.key_pem),
            Err(AuthorityError::Key)
        ));
        assert!(matches!(Authority::read("1", "", &one.key_pem), Err(AuthorityError::Certificate)));
        assert!(matches!(
            Authorities::default().sign(&subject(), &KeyPair::generate().unwrap(), now(), now()),
            Err(AuthorityError::None)
        ));
    }
}
