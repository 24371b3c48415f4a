//! 番号の誤り: wrong numbers in a row stop Pay-easy for their user for the rest of the day, and some such days stop it
//! until the branch lifts it (SEC-40). A try counts before it is judged, in one statement with the look whether the
//! user is stopped, so that tries side by side, of whatever process, count like tries in a row.

use database::{Change, Database, execute, on, read};
use domain::{ContractId, Date, ResponseCode, Timestamp, UserId};
use gateway::{Inquiry, InquiryError};

use crate::settings::WRONG_NUMBERS_MAX;

/// No try takes longer to be judged, in business time: those that were counted before were lost with their process.
const JUDGED_WITHIN_S: i64 = 120;
/// Counts a try of `$1`, those lost aside: `$3` is the earliest instant at which one may be under way.
const ADMIT: &str = "
    INSERT INTO payeasy_wrong_numbers (app_user, contract, wrong, judging, counted_us, stops)
    VALUES ($1, $2, 0, 1, $4, 0)
    ON CONFLICT (app_user) DO UPDATE SET counted_us = $4,
        judging = CASE WHEN payeasy_wrong_numbers.counted_us < $3 THEN 1 ELSE payeasy_wrong_numbers.judging + 1 END
    WHERE (payeasy_wrong_numbers.stopped_on IS NULL OR payeasy_wrong_numbers.stopped_on < $5)
        AND payeasy_wrong_numbers.stops < $6
        AND payeasy_wrong_numbers.wrong + CASE WHEN payeasy_wrong_numbers.counted_us < $3 THEN 0
            ELSE payeasy_wrong_numbers.judging END < $7";
/// A counted try was wrong; the last of the row stops the user on the day `$3`.
const WRONG: &str = "
    UPDATE payeasy_wrong_numbers SET judging = CASE WHEN judging > 0 THEN judging - 1 ELSE 0 END,
        wrong = CASE WHEN wrong + 1 >= $2 THEN 0 ELSE wrong + 1 END,
        stops = CASE WHEN wrong + 1 >= $2 THEN stops + 1 ELSE stops END,
        stopped_on = CASE WHEN wrong + 1 >= $2 THEN $3 ELSE stopped_on END,
        stopped_us = CASE WHEN wrong + 1 >= $2 THEN $4 ELSE stopped_us END
    WHERE app_user = $1 RETURNING wrong, stops, stopped_on, stopped_us";
/// A counted try was not wrong; `$2` is 0 where it was right, which ends the row, and else 1.
const NOT_WRONG: &str = "
    UPDATE payeasy_wrong_numbers SET judging = CASE WHEN judging > 0 THEN judging - 1 ELSE 0 END, wrong = wrong * $2
    WHERE app_user = $1";

/// How many wrong numbers a user may type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongNumberLimits {
    /// Wrong ones in a row that stop Pay-easy for the rest of the day.
    pub in_a_row_max: i64,
    /// Such days, since the branch last lifted them, that stop it until the branch does.
    pub stops_max: i64,
    /// Tries left from which on the payer is told how many.
    pub told_from: i64,
}

/// Until when Pay-easy is stopped for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Until this day begins in Japan.
    Until(Date),
    /// Until the branch lifts it.
    UntilLifted,
}

/// Whether numbers may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// They may, and the try is counted; it is judged afterwards.
    Counted,
    /// As many tries are under way as may still be wrong.
    OthersUnderWay,
    /// Nobody is asked.
    Stopped(Stopped),
}

/// What an answer says about typed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The collector knows the bill, whether it can be paid or not.
    Right,
    /// One of them is wrong.
    Wrong,
    /// Nothing: nobody answered, or about something else.
    Neither,
}

/// What a wrong number has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// So many more in a row stop Pay-easy.
    Left(i64),
    /// It is stopped now.
    Stopped(Stopped),
}

/// What is on record of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Wrong numbers in a row so far.
    pub wrong: i64,
    /// Days on which Pay-easy was stopped, since the branch last lifted it.
    pub stops: i64,
    /// When it was last stopped.
    pub stopped_at: Option<Timestamp>,
    stopped_on: Option<String>,
}

impl Standing {
    /// Until when Pay-easy is stopped, if it is on this day.
    pub fn stopped(&self, today: Date, limits: &WrongNumberLimits) -> Option<Stopped> {
        if self.stops >= limits.stops_max {
            return Some(Stopped::UntilLifted);
        }
        let last = self.stopped_on.as_ref()?.parse::<Date>().ok()?;
        (last >= today).then(|| Stopped::Until(last.succ_opt().unwrap_or(last)))
    }
}

impl Judgement {
    /// Reads it from what an inquiry came to.
    pub fn of(asked: &Result<Inquiry, InquiryError>) -> Self {
        match asked {
            Ok(_) => Self::Right,
            Err(InquiryError::Refused(code)) => match code {
                ResponseCode::CustomerNumberWrong
                | ResponseCode::ConfirmationNumberWrong
                | ResponseCode::PaymentCategoryWrong => Self::Wrong,
                ResponseCode::AlreadyPaid
                | ResponseCode::Expired
                | ResponseCode::NotYetPayable
                | ResponseCode::AmountDiffers
                | ResponseCode::ChannelNotAccepted => Self::Right,
                _ => Self::Neither,
            },
            Err(_) => Self::Neither,
        }
    }
}

/// The counters of a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WrongNumbers {
    database: Database,
    limits: WrongNumberLimits,
}

impl WrongNumbers {
    /// The counters of a database.
    pub const fn new(database: Database, limits: WrongNumberLimits) -> Self {
        Self { database, limits }
    }

    /// What holds on a day: how many in a row stop the day, two people of the bank set.
    pub async fn limits_on(&self, day: Date) -> Result<WrongNumberLimits, sqlx::Error> {
        Ok(WrongNumberLimits {
            in_a_row_max: WRONG_NUMBERS_MAX.number(&self.database, day).await?,
            ..self.limits
        })
    }

    /// What they allow.
    pub const fn limits(&self) -> &WrongNumberLimits {
        &self.limits
    }

    /// Counts a try of a user, unless Pay-easy is stopped. Every counted try is judged afterwards.
    pub async fn admit(
        &self,
        contract: ContractId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Admission, sqlx::Error> {
        let limits = self.limits_on(now.date()).await?;
        let counted = execute!(
            self.database,
            ADMIT,
            user.uuid(),
            contract.uuid(),
            now.plus_seconds(-JUDGED_WITHIN_S).micros(),
            now.micros(),
            now.date().to_string(),
            limits.stops_max,
            limits.in_a_row_max,
        )?;
        if counted == 1 {
            return Ok(Admission::Counted);
        }
        Ok(self.stopped(user, now).await?.map_or(Admission::OthersUnderWay, Admission::Stopped))
    }

    /// Judges a counted try.
    pub async fn judge(
        &self,
        user: UserId,
        judgement: Judgement,
        now: Timestamp,
    ) -> Result<Option<Tally>, sqlx::Error> {
        if judgement != Judgement::Wrong {
            let kept = i64::from(judgement == Judgement::Neither);
            execute!(self.database, NOT_WRONG, user.uuid(), kept)?;
            return Ok(None);
        }
        let limits = self.limits_on(now.date()).await?;
        let row: Option<Row> = on!(self.database, |c| {
            sqlx::query_as(WRONG)
                .bind(user.uuid())
                .bind(limits.in_a_row_max)
                .bind(now.date().to_string())
                .bind(now.micros())
                .fetch_optional(c)
                .await
        })?;
        Ok(row.map(standing).map(|standing| match standing.stopped(now.date(), &limits) {
            Some(stopped) => Tally::Stopped(stopped),
            None => Tally::Left(limits.in_a_row_max.saturating_sub(standing.wrong)),
        }))
    }

    /// Until when Pay-easy is stopped for a user, if it is.
    pub async fn stopped(&self, user: UserId, now: Timestamp) -> Result<Option<Stopped>, sqlx::Error> {
        Ok(self.standing(user).await?.and_then(|standing| standing.stopped(now.date(), &self.limits)))
    }

    /// What is on record of a user, if anything is.
    pub async fn standing(&self, user: UserId) -> Result<Option<Standing>, sqlx::Error> {
        let row: Option<Row> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT wrong, stops, stopped_on, stopped_us FROM payeasy_wrong_numbers WHERE app_user = $1",
            )
            .bind(user.uuid())
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(standing))
    }

    /// What lifts a user's stop, and forgets the days, where it was last stopped at this instant. Who may ask for it is
    /// the caller's question.
    pub fn lift(user: UserId, stopped_at: Timestamp) -> Change {
        Change::one(
            "UPDATE payeasy_wrong_numbers SET wrong = 0, stops = 0, stopped_on = NULL, stopped_us = NULL
             WHERE app_user = $1 AND stopped_us = $2",
            vec![user.uuid().into(), stopped_at.micros().into()],
        )
    }
}

type Row = (i64, i64, Option<String>, Option<i64>);

fn standing((wrong, stops, stopped_on, stopped_us): Row) -> Standing {
    Standing { wrong, stops, stopped_at: stopped_us.map(Timestamp::from_micros), stopped_on }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payeasy::bounds::Bounds;
    use database::testing::TestDatabase;

    database::on_both!(
        the_tenth_wrong_number_in_a_row_stops_the_day_and_the_ninth_does_not,
        a_right_number_ends_the_row_and_an_outage_does_not,
        the_stop_ends_with_the_day_in_japan,
        the_sixth_day_stops_until_the_branch_lifts_it,
        no_eleventh_try_passes_side_by_side,
        tries_that_were_lost_with_their_process_do_not_wait_for_ever,
        a_stop_that_came_later_is_not_lifted,
    );

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn ten() -> Timestamp {
        at("2026-11-24T10:00:00+09:00")
    }

    fn day(day: u32) -> Date {
        Date::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn counters(test: &TestDatabase) -> WrongNumbers {
        WrongNumbers::new(test.database.clone(), Bounds::embedded().wrong_numbers)
    }

    /// One who types.
    struct Payer {
        numbers: WrongNumbers,
        contract: ContractId,
        user: UserId,
    }

    impl Payer {
        fn new(test: &TestDatabase) -> Self {
            Self { numbers: counters(test), contract: ContractId::generate(), user: UserId::generate() }
        }

        async fn admit(&self, now: Timestamp) -> Admission {
            self.numbers.admit(self.contract, self.user, now).await.unwrap()
        }

        async fn types(&self, judgement: Judgement, now: Timestamp) -> Option<Tally> {
            assert_eq!(self.admit(now).await, Admission::Counted);
            self.numbers.judge(self.user, judgement, now).await.unwrap()
        }

        async fn lift(&self, stopped_at: Timestamp) -> bool {
            let mut tx = self.numbers.database.begin().await.unwrap();
            let lift = WrongNumbers::lift(self.user, stopped_at);
            let is_lifted = database::insert::change(&mut tx, &[lift]).await.unwrap();
            tx.commit().await.unwrap();
            is_lifted
        }

        async fn wrong(&self, now: Timestamp) -> Tally {
            self.types(Judgement::Wrong, now).await.unwrap()
        }
    }

    /// Nine wrong numbers in a row leave one try, and the tenth stops Pay-easy for the rest of the day.
    ///
    /// Proves SEC-40.
    async fn the_tenth_wrong_number_in_a_row_stops_the_day_and_the_ninth_does_not(test: TestDatabase) {
        let payer = Payer::new(&test);
        for left in (1..=9).rev() {
            assert_eq!(payer.wrong(ten()).await, Tally::Left(left));
        }
        let stopped = Stopped::Until(day(25));
        assert_eq!(payer.wrong(ten()).await, Tally::Stopped(stopped));
        assert_eq!(payer.admit(ten()).await, Admission::Stopped(stopped));
        let colleague = Payer { user: UserId::generate(), contract: payer.contract, ..Payer::new(&test) };
        assert_eq!(colleague.wrong(ten()).await, Tally::Left(9), "another user's row is another");
    }

    /// Only wrong numbers in a row count, and only what was typed.
    ///
    /// Proves SEC-40.
    async fn a_right_number_ends_the_row_and_an_outage_does_not(test: TestDatabase) {
        let payer = Payer::new(&test);
        for _ in 0..9 {
            payer.wrong(ten()).await;
        }
        for _ in 0..20 {
            assert_eq!(payer.types(Judgement::Neither, ten()).await, None);
        }
        let standing = payer.numbers.standing(payer.user).await.unwrap().unwrap();
        assert_eq!((standing.wrong, standing.stops), (9, 0), "an outage neither counts nor forgives");
        assert_eq!(payer.types(Judgement::Right, ten()).await, None);
        assert_eq!(payer.wrong(ten()).await, Tally::Left(9));
    }

    /// A row goes on over midnight, and a stop ends there.
    ///
    /// Proves SEC-40.
    async fn the_stop_ends_with_the_day_in_japan(test: TestDatabase) {
        let payer = Payer::new(&test);
        let (last, first) = (at("2026-11-24T23:59:59+09:00"), at("2026-11-25T00:00:00+09:00"));
        for _ in 0..10 {
            payer.wrong(last).await;
        }
        assert_eq!(payer.admit(last).await, Admission::Stopped(Stopped::Until(day(25))));
        assert_eq!(payer.wrong(first).await, Tally::Left(9), "a new day, a new row");
        for _ in 0..8 {
            payer.wrong(first).await;
        }
        let later = at("2026-11-26T00:00:00+09:00");
        assert_eq!(payer.wrong(later).await, Tally::Stopped(Stopped::Until(day(27))), "nine, a night, one");
    }

    /// Five days of it lock nothing for longer, the sixth locks until the branch unlocks.
    ///
    /// Proves SEC-40.
    async fn the_sixth_day_stops_until_the_branch_lifts_it(test: TestDatabase) {
        let payer = Payer::new(&test);
        let mut now = ten();
        for stop in 1..=6 {
            for _ in 0..9 {
                payer.wrong(now).await;
            }
            let expected = match stop {
                6 => Stopped::UntilLifted,
                _ => Stopped::Until(now.date().succ_opt().unwrap()),
            };
            assert_eq!(payer.wrong(now).await, Tally::Stopped(expected), "stop {stop}");
            now = now.plus_seconds(24 * 3600);
        }
        assert_eq!(payer.admit(now).await, Admission::Stopped(Stopped::UntilLifted), "no day ends it");
        let stopped_at = payer.numbers.standing(payer.user).await.unwrap().unwrap().stopped_at.unwrap();
        assert!(payer.lift(stopped_at).await);
        assert_eq!(payer.wrong(now).await, Tally::Left(9));
        let standing = payer.numbers.standing(payer.user).await.unwrap().unwrap();
        assert_eq!((standing.stops, standing.stopped_at), (0, None), "the days are counted anew");
    }

    async fn no_eleventh_try_passes_side_by_side(test: TestDatabase) {
        let payer = Payer::new(&test);
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..40 {
            // another process has counters of its own over the same database
            let (numbers, contract, user) = (counters(&test), payer.contract, payer.user);
            tries.spawn(async move {
                let admitted = numbers.admit(contract, user, ten()).await.unwrap();
                tokio::task::yield_now().await;
                if admitted == Admission::Counted {
                    numbers.judge(user, Judgement::Wrong, ten()).await.unwrap();
                }
                admitted
            });
        }
        let admitted = tries.join_all().await.into_iter().filter(|one| *one == Admission::Counted).count();
        assert_eq!(admitted, 10);
        assert_eq!(payer.admit(ten()).await, Admission::Stopped(Stopped::Until(day(25))));
    }

    async fn tries_that_were_lost_with_their_process_do_not_wait_for_ever(test: TestDatabase) {
        let payer = Payer::new(&test);
        for _ in 0..10 {
            assert_eq!(payer.admit(ten()).await, Admission::Counted);
        }
        assert_eq!(payer.admit(ten()).await, Admission::OthersUnderWay);
        assert_eq!(payer.admit(ten().plus_seconds(JUDGED_WITHIN_S)).await, Admission::OthersUnderWay);
        assert_eq!(payer.admit(ten().plus_seconds(JUDGED_WITHIN_S + 1)).await, Admission::Counted);
    }

    async fn a_stop_that_came_later_is_not_lifted(test: TestDatabase) {
        let payer = Payer::new(&test);
        for _ in 0..10 {
            payer.wrong(ten()).await;
        }
        assert!(!payer.lift(ten().plus_seconds(-1)).await);
        assert!(payer.lift(ten()).await);
        assert!(!payer.lift(ten()).await, "it is lifted once");
    }

    /// A003, A004 and A013 are wrong numbers; an outage of the collector is none.
    ///
    /// Proves SEC-40.
    #[test]
    fn only_answers_about_the_typed_numbers_count() {
        let wrong: Vec<_> = ResponseCode::ALL
            .iter()
            .filter(|code| Judgement::of(&Err(InquiryError::Refused(**code))) == Judgement::Wrong)
            .map(|code| code.as_str())
            .collect();
        assert_eq!(wrong, ["A003", "A004", "A013"]);
        for outage in [
            InquiryError::Closed,
            InquiryError::CollectorBusy,
            InquiryError::NoAnswer("silence".to_owned()),
            InquiryError::Refused(ResponseCode::CollectorError),
            InquiryError::Refused(ResponseCode::BillNotObtained),
        ] {
            assert_eq!(Judgement::of(&Err(outage)), Judgement::Neither);
        }
    }
}
