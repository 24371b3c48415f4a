//! What a certificate is worth. Pure: who asks has looked everything up.

use domain::Timestamp;

use super::bounds::Bounds;
use super::{Certificate, EndWhy, Ended};
use domain::UserId;

/// What a client has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// No certificate.
    Nothing,
    /// One that our authority has not signed.
    Foreign,
    /// One of ours.
    Known(Box<Certificate>),
}

/// How a certificate is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for its first sign-in.
    Waiting,
    /// It has signed in.
    InUse,
    /// Its time is over.
    Expired,
    /// It has ended.
    Ended(EndWhy),
}

/// Why a person is not signed in although login ID and password are right: each has a page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateTrouble {
    /// None was shown: the choice was cancelled, or the certificate is on another computer (R34, R37, R38).
    Missing,
    /// None was shown, and the one that was issued has never signed in (R32, R33).
    NotImported,
    /// None was shown, and none was ever issued.
    NoneYet,
    /// It is none of ours.
    Foreign,
    /// Its time is over (R36).
    Expired,
    /// It was revoked (R46, R47).
    Revoked,
    /// It was fetched and not used, and then fetched again (R32).
    Redone,
    /// Its successor has signed in (R42).
    Replaced,
    /// It is another person's (R43).
    SomebodyElses,
}

/// Why no certificate is issued to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoIssue {
    /// The person has one (R42).
    HasOne,
    /// The master must permit it, or the bank revoke what was (R47, C16).
    NotPermitted,
    /// There is none to renew.
    NothingToRenew,
    /// It may be renewed from this instant on (R40).
    TooEarly(Timestamp),
}

impl Certificate {
    /// How it is.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (&self.ended, self.confirmed_at) {
            (Some(Ended { why, .. }), _) => Standing::Ended(*why),
            (None, _) if now >= self.expires_at => Standing::Expired,
            (None, Some(_)) => Standing::InUse,
            (None, None) => Standing::Waiting,
        }
    }

    /// Whether it can sign in.
    pub fn is_good(&self, now: Timestamp) -> bool {
        matches!(self.standing(now), Standing::Waiting | Standing::InUse)
    }

    /// From when on it may be renewed: so many days before the end, on that day's first minute.
    pub fn renewable_from(&self, bounds: &Bounds) -> Timestamp {
        let day = self.expires_at.date() - chrono::TimeDelta::days(bounds.renewal_days);
        Timestamp::from_jst(day, chrono::NaiveTime::MIN)
    }
}

/// What stands in the way of a certificate itself, whoever shows it.
pub fn trouble_of(certificate: &Certificate, now: Timestamp) -> Option<CertificateTrouble> {
    match certificate.standing(now) {
        Standing::Waiting | Standing::InUse => None,
        Standing::Expired => Some(CertificateTrouble::Expired),
        Standing::Ended(EndWhy::Redone) => Some(CertificateTrouble::Redone),
        Standing::Ended(EndWhy::Replaced) => Some(CertificateTrouble::Replaced),
        Standing::Ended(EndWhy::Bank | EndWhy::Master | EndWhy::Removed | EndWhy::Method) => {
            Some(CertificateTrouble::Revoked)
        }
    }
}

/// The certificate by which a person signs in whose login ID and password are right. `own` are all that the person has
/// had, the newest first.
pub fn sign_in<'a>(
    shown: &'a Shown,
    user: UserId,
    own: &[Certificate],
    now: Timestamp,
) -> Result<&'a Certificate, CertificateTrouble> {
    match shown {
        Shown::Nothing if own.is_empty() => Err(CertificateTrouble::NoneYet),
        Shown::Nothing if own.iter().any(|one| one.standing(now) == Standing::InUse) => {
            Err(CertificateTrouble::Missing)
        }
        Shown::Nothing if own.iter().any(|one| one.standing(now) == Standing::Waiting) => {
            Err(CertificateTrouble::NotImported)
        }
        Shown::Nothing => {
            Err(own.first().and_then(|one| trouble_of(one, now)).unwrap_or(CertificateTrouble::Missing))
        }
        Shown::Foreign => Err(CertificateTrouble::Foreign),
        Shown::Known(certificate) if certificate.user != user => Err(CertificateTrouble::SomebodyElses),
        Shown::Known(certificate) => match trouble_of(certificate, now) {
            Some(trouble) => Err(trouble),
            None => Ok(certificate),
        },
    }
}

/// Whether a person may fetch a certificate without being signed in: the first time, again before the first use, after
/// the bank has revoked it or the person was registered anew, and where the master permits it. `own` are all that the
/// person has had, the newest first.
pub fn may_fetch(
    own: &[Certificate],
    permitted_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), NoIssue> {
    if own.iter().any(|one| one.standing(now) == Standing::InUse) {
        return Err(NoIssue::HasOne);
    }
    let Some(last) = own.iter().find(|one| !matches!(one.standing(now), Standing::Ended(EndWhy::Redone)))
    else {
        return Ok(());
    };
    let is_permitted = permitted_at.is_some_and(|at| at >= last.issued_at);
    match last.standing(now) {
        Standing::Waiting | Standing::Ended(EndWhy::Bank | EndWhy::Removed | EndWhy::Method) => Ok(()),
        _ if is_permitted => Ok(()),
        _ => Err(NoIssue::NotPermitted),
    }
}

/// Whether the certificate in use may be renewed, and which one it is.
pub fn may_renew<'a>(
    own: &'a [Certificate],
    bounds: &Bounds,
    now: Timestamp,
) -> Result<&'a Certificate, NoIssue> {
    let in_use =
        own.iter().find(|one| one.standing(now) == Standing::InUse).ok_or(NoIssue::NothingToRenew)?;
    let from = in_use.renewable_from(bounds);
    if now < from { Err(NoIssue::TooEarly(from)) } else { Ok(in_use) }
}

/// Whether the certificate takes the place of one that had signed in and was lost, expired or revoked: the first one
/// does not, nor does a renewal, for which its user has signed in by the one before. `own` are all that the person has
/// had.
pub fn is_in_place_of_a_lost_one(own: &[Certificate], issued_at: Timestamp) -> bool {
    let mut before = own.iter().filter(|one| one.confirmed_at.is_some_and(|at| at < issued_at)).peekable();
    before.peek().is_some()
        && before.all(|one| {
            issued_at >= one.expires_at || one.ended.as_ref().is_some_and(|ended| ended.at <= issued_at)
        })
}

/// Until when a master moves no money, by the certificate in use (SEC-05).
pub fn cooling_off(own: &[Certificate], bounds: &Bounds, now: Timestamp) -> Option<Timestamp> {
    let in_use = own.iter().find(|one| one.standing(now) == Standing::InUse)?;
    let until = in_use.issued_at.plus_seconds(bounds.cooling_off_hours.saturating_mul(3600));
    (now < until && is_in_place_of_a_lost_one(own, in_use.issued_at)).then_some(until)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::certificates::Made;
    use domain::{CertificateId, ContractId};

    pub fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    pub fn certificate() -> Certificate {
        Certificate {
            id: CertificateId::generate(),
            contract: ContractId::generate(),
            user: UserId::generate(),
            serial: "4F".repeat(16),
            made: Made::Bank,
            issued_at: at("2026-11-24T10:00:00+09:00"),
            expires_at: at("2027-11-24T10:00:00+09:00"),
            confirmed_at: None,
            used_at: None,
            ended: None,
        }
    }

    fn in_use() -> Certificate {
        let used = Some(at("2026-11-24T10:05:00+09:00"));
        Certificate { confirmed_at: used, used_at: used, ..certificate() }
    }

    fn ended(why: EndWhy) -> Certificate {
        let at = at("2026-11-25T10:00:00+09:00");
        Certificate { ended: Some(Ended { why, at }), ..in_use() }
    }

    const SOON: &str = "2026-12-01T10:00:00+09:00";

    #[test]
    fn a_certificate_is_good_until_the_second_at_which_it_expires() {
        let one = in_use();
        assert_eq!(one.standing(at("2027-11-24T09:59:59+09:00")), Standing::InUse);
        assert_eq!(one.standing(at("2027-11-24T10:00:00+09:00")), Standing::Expired);
        assert_eq!(certificate().standing(at(SOON)), Standing::Waiting);
    }

    #[test]
    fn each_case_of_a_sign_in_has_its_own_trouble() {
        let now = at(SOON);
        let own = in_use();
        let user = own.user;
        let judged =
            |shown: Shown, own: &[Certificate]| sign_in(&shown, user, own, now).map(|found| found.id);
        let known = |certificate: Certificate| Shown::Known(Box::new(certificate));
        let all = std::slice::from_ref(&own);
        assert_eq!(judged(known(own.clone()), all), Ok(own.id));
        assert_eq!(judged(Shown::Nothing, all), Err(CertificateTrouble::Missing));
        assert_eq!(judged(Shown::Nothing, &[]), Err(CertificateTrouble::NoneYet));
        assert_eq!(judged(Shown::Nothing, &[certificate()]), Err(CertificateTrouble::NotImported));
        assert_eq!(judged(Shown::Nothing, &[ended(EndWhy::Bank)]), Err(CertificateTrouble::Revoked));
        assert_eq!(judged(Shown::Foreign, all), Err(CertificateTrouble::Foreign));
        let theirs = Certificate { user: UserId::generate(), ..own.clone() };
        assert_eq!(judged(known(theirs), all), Err(CertificateTrouble::SomebodyElses));
        for (why, trouble) in [
            (EndWhy::Redone, CertificateTrouble::Redone),
            (EndWhy::Replaced, CertificateTrouble::Replaced),
            (EndWhy::Bank, CertificateTrouble::Revoked),
            (EndWhy::Master, CertificateTrouble::Revoked),
            (EndWhy::Removed, CertificateTrouble::Revoked),
            (EndWhy::Method, CertificateTrouble::Revoked),
        ] {
            assert_eq!(judged(known(Certificate { user, ..ended(why) }), all), Err(trouble), "{why:?}");
        }
        let late = at("2027-11-24T10:00:00+09:00");
        assert_eq!(sign_in(&known(own), user, &[], late), Err(CertificateTrouble::Expired));
    }

    #[test]
    fn who_has_none_may_fetch_one_and_who_lost_it_needs_the_bank_or_the_master() {
        let now = at(SOON);
        assert_eq!(may_fetch(&[], None, now), Ok(()), "the first time");
        assert_eq!(may_fetch(&[certificate()], None, now), Ok(()), "again before the first use");
        assert_eq!(may_fetch(&[in_use()], Some(now), now), Err(NoIssue::HasOne));
        assert_eq!(may_fetch(&[certificate(), in_use()], None, now), Err(NoIssue::HasOne));
        for why in [EndWhy::Bank, EndWhy::Removed, EndWhy::Method] {
            assert_eq!(may_fetch(&[ended(why)], None, now), Ok(()), "{why:?}");
        }
        let by_master = [ended(EndWhy::Master)];
        assert_eq!(may_fetch(&by_master, None, now), Err(NoIssue::NotPermitted));
        assert_eq!(
            may_fetch(&by_master, Some(by_master[0].issued_at.plus_seconds(-1)), now),
            Err(NoIssue::NotPermitted)
        );
        assert_eq!(may_fetch(&by_master, Some(now), now), Ok(()));
        let redone = Certificate { confirmed_at: None, used_at: None, ..ended(EndWhy::Redone) };
        assert_eq!(may_fetch(&[redone.clone(), ended(EndWhy::Bank)], None, now), Ok(()));
        assert_eq!(may_fetch(&[redone], None, now), Ok(()));
        let late = at("2027-11-24T10:00:00+09:00");
        assert_eq!(may_fetch(&[in_use()], None, late), Err(NoIssue::NotPermitted), "expired");
        assert_eq!(may_fetch(&[in_use()], Some(late), late), Ok(()));
    }

    /// Proves SEC-05.
    #[test]
    fn a_master_with_another_certificate_moves_no_money_for_a_day() {
        let (bounds, now) = (Bounds::embedded(), at("2027-01-05T10:00:00+09:00"));
        let another = |issued_at: Timestamp| Certificate {
            issued_at,
            confirmed_at: Some(issued_at.plus_seconds(60)),
            expires_at: issued_at.plus_seconds(365 * 86_400),
            ..in_use()
        };
        let lost = ended(EndWhy::Bank);
        for why in [EndWhy::Bank, EndWhy::Master, EndWhy::Removed, EndWhy::Method] {
            let own = [another(now), ended(why)];
            assert_eq!(cooling_off(&own, bounds, now.plus_seconds(60)), Some(now.plus_seconds(86_400)));
        }
        let own = [another(now), lost.clone()];
        assert!(cooling_off(&own, bounds, now.plus_seconds(86_399)).is_some());
        assert_eq!(cooling_off(&own, bounds, now.plus_seconds(86_400)), None, "over");
        let soon = now.plus_seconds(60);
        assert_eq!(cooling_off(&[another(now)], bounds, soon), None, "the first one");
        let unused = Certificate { confirmed_at: None, used_at: None, ..ended(EndWhy::Redone) };
        assert_eq!(cooling_off(&[another(now), unused], bounds, soon), None, "the first that signed in");
        let renewed = Certificate { ended: Some(Ended { why: EndWhy::Replaced, at: soon }), ..in_use() };
        assert_eq!(cooling_off(&[another(now), renewed.clone()], bounds, soon), None, "a renewal");
        assert_eq!(cooling_off(&[another(now), renewed, lost], bounds, soon), None, "one after a loss");
        let late = at("2027-11-24T10:00:00+09:00");
        let own = [another(late), in_use()];
        assert!(cooling_off(&own, bounds, late.plus_seconds(60)).is_some(), "after one that expired");
    }

    /// Proves R40.
    #[test]
    fn a_certificate_may_be_renewed_from_thirty_days_before_its_end() {
        let (bounds, own) = (Bounds::embedded(), [certificate(), in_use()]);
        let from = at("2027-10-25T00:00:00+09:00");
        assert_eq!(may_renew(&own, bounds, from.plus_seconds(-1)), Err(NoIssue::TooEarly(from)));
        assert_eq!(may_renew(&own, bounds, from).map(|one| one.id), Ok(own[1].id));
        let end = at("2027-11-24T10:00:00+09:00");
        assert_eq!(may_renew(&own, bounds, end), Err(NoIssue::NothingToRenew), "no grace");
        assert_eq!(may_renew(&own[..1], bounds, from), Err(NoIssue::NothingToRenew), "never signed in");
    }
}
