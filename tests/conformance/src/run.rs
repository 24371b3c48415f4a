//! A whole run: first whether the endpoint can be talked to at all, then case after case.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Months;
use collectors::protocol::{Body, Channel};
use domain::clock::machine_now;
use domain::{Date, ResponseCode};
use tokio::time::{Duration, Instant, timeout};

use crate::case::{Ask, Case, Cases, Part, Phase};
use crate::declaration::Declaration;
use crate::hub::{Exchanged, Got, Hub};
use crate::judge::Finding;
use crate::letters::Writer;
use crate::pool::Pool;
use crate::restart;
use crate::scene::{Scene, Stop};
use crate::sign;
use crate::text::{Text, Trouble};
use crate::wire::NoAnswer;

/// A case that takes longer is ended, whatever it waits for.
const CASE_WAIT: Duration = Duration::from_secs(300);
/// Cases in a row that end without a connection or an answer, after which the endpoint is taken for gone.
const GONE_AFTER: usize = 3;

/// So far from now that nobody has come to it.
const FAR: Months = Months::new(12 * 50);

/// What is run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// Only these phases; those that are played unasked where it is empty.
    pub phases: BTreeSet<Phase>,
    /// Only these cases; all of them where it is empty.
    pub cases: BTreeSet<String>,
}

/// How a case ended.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// As the protocol has it.
    Passed,
    /// Not as the protocol has it.
    Failed(Finding),
    /// Not for this collector.
    Skipped(Text),
    /// The kit could not play it; nothing follows from that.
    NotRun(Text),
}

/// A case and how it ended.
#[derive(Clone, Debug)]
pub struct Done {
    /// Its phase.
    pub phase: Phase,
    /// What it is.
    pub case: Case,
    /// How it ended.
    pub verdict: Verdict,
    /// What was sent and came back.
    pub log: Vec<Exchanged>,
    /// What was measured.
    pub measured: Vec<Text>,
    /// How long it took.
    pub took_ms: u64,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// The collector's number.
    pub collector: String,
    /// Its endpoint.
    pub endpoint: String,
    /// The business day.
    pub today: Date,
    /// Each case, in order.
    pub done: Vec<Done>,
    /// So many cases there are besides in each phase, which were not chosen.
    pub not_chosen: BTreeMap<Phase, usize>,
    /// Why it ended early, if it did.
    pub trouble: Option<Trouble>,
    /// How long it took.
    pub took_ms: u64,
}

impl Outcome {
    /// So many cases ended in this way.
    pub fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.done.iter().filter(|done| is(&done.verdict)).count()
    }

    /// The cases that failed, with what was found.
    pub fn failures(&self) -> impl Iterator<Item = (&Done, &Finding)> {
        self.done.iter().filter_map(|done| match &done.verdict {
            Verdict::Failed(finding) => Some((done, finding)),
            _ => None,
        })
    }

    /// Why nothing can be said of the collector, where that is so: the run ended early, or cases could not be played.
    pub fn obstacle(&self) -> Option<Text> {
        let unplayed = || {
            self.done.iter().find_map(|done| match &done.verdict {
                Verdict::NotRun(why) => Some(why.clone()),
                _ => None,
            })
        };
        self.trouble.as_ref().map(|trouble| trouble.0.clone()).or_else(unplayed)
    }
}

/// Runs the chosen cases against a declared collector; `tell` hears of each case that has ended.
pub async fn run(
    declaration: &Declaration,
    cases: &Cases,
    choice: &Choice,
    tell: &mut (dyn FnMut(&Done) + Send),
) -> Result<Outcome, Trouble> {
    let begun = Instant::now();
    let chosen = chosen(cases, choice)?;
    let hub = Hub::of(declaration)?;
    let first_serial = hub.next_key(hub.today()).serial;
    let mut pool = Pool::of(declaration, first_serial);
    let mut outcome = Outcome {
        seed: choice.seed,
        collector: declaration.collector.to_string(),
        endpoint: declaration.endpoint.to_string(),
        today: hub.today(),
        done: Vec::with_capacity(chosen.len()),
        not_chosen: not_chosen(cases, &chosen),
        trouble: None,
        took_ms: 0,
    };
    // an earlier run may have left the clock on a later day
    let ready = match declaration.clock {
        Some(_) => restart::set_clock(&hub, hub.today()).await.map_err(Trouble),
        None => Ok(()),
    };
    let reached = match ready {
        Ok(()) => match reach(&hub).await {
            Ok(()) => has_day(&hub).await,
            not_reached => not_reached,
        },
        not_set => not_set,
    };
    if let Err(trouble) = reached {
        outcome.trouble = Some(trouble);
        outcome.took_ms = ms(begun.elapsed());
        return Ok(outcome);
    }
    let mut silent = 0;
    for (phase, case) in chosen {
        let done = play(&hub, &mut pool, phase, case, choice.seed).await;
        let is_silent = matches!(done.log.last().map(|last| &last.got), Some(Got::Nothing(_)));
        silent = if is_silent { silent + 1 } else { 0 };
        tell(&done);
        outcome.done.push(done);
        if silent >= GONE_AFTER {
            outcome.trouble = Some(gone(&outcome.done));
            break;
        }
    }
    outcome.took_ms = ms(begun.elapsed());
    hub.outlast_serials().await;
    Ok(outcome)
}

fn ms(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

fn chosen<'a>(cases: &'a Cases, choice: &Choice) -> Result<Vec<(Phase, &'a Case)>, Trouble> {
    for id in &choice.cases {
        if !cases.cases.iter().any(|(_, case)| case.id == *id) {
            return Err(Trouble::new(
                format!("there is no case {id}: mpn conform --list names them"),
                format!("ケース {id} はありません。一覧は mpn conform --list で表示できます。"),
            ));
        }
    }
    let is_chosen = |phase: Phase, case: &Case| {
        let is_unasked = choice.phases.is_empty() && (phase.is_played_unasked() || !choice.cases.is_empty());
        (is_unasked || choice.phases.contains(&phase))
            && (choice.cases.is_empty() || choice.cases.contains(&case.id))
    };
    Ok(cases
        .cases
        .iter()
        .filter(|(phase, case)| is_chosen(*phase, case))
        .map(|(phase, case)| (*phase, case))
        .collect())
}

fn not_chosen(cases: &Cases, chosen: &[(Phase, &Case)]) -> BTreeMap<Phase, usize> {
    let mut left = BTreeMap::new();
    for (phase, case) in &cases.cases {
        if !chosen.iter().any(|(_, chosen)| chosen.id == case.id) {
            *left.entry(*phase).or_default() += 1;
        }
    }
    left
}

/// The endpoint stopped answering while the run went on.
fn gone(done: &[Done]) -> Trouble {
    let last = done.last().and_then(|done| done.log.last());
    let reason = match last.map(|last| &last.got) {
        Some(Got::Nothing(reason)) => reason.say(),
        _ => Text::new("it does not answer", "応答がありません。"),
    };
    Trouble::new(
        format!("the endpoint went away in the middle, so the run was ended: {}", reason.en),
        format!("途中で接続先が応答しなくなったため、中止しました。{}", reason.ja),
    )
}

async fn play(hub: &Hub, pool: &mut Pool, phase: Phase, case: &Case, seed: u64) -> Done {
    let begun = Instant::now();
    if let Some(why) = not_for(hub.declaration(), pool, case) {
        let verdict = Verdict::Skipped(why);
        return Done {
            phase,
            case: case.clone(),
            verdict,
            log: Vec::new(),
            measured: Vec::new(),
            took_ms: 0,
        };
    }
    let mut scene = Scene::new(hub, pool, case, seed);
    let wait = CASE_WAIT + Duration::from_secs(u64::from(hub.declaration().load.seconds));
    let verdict = match timeout(wait, Box::pin(scene.play())).await {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(Stop::Found(finding))) => Verdict::Failed(finding),
        Ok(Err(Stop::NotRun(why))) => Verdict::NotRun(why),
        Err(_) => {
            let seconds = wait.as_secs();
            Verdict::NotRun(Text::new(
                format!("the case took longer than {seconds} seconds"),
                format!("ケースが {seconds} 秒を超えました。"),
            ))
        }
    };
    let (log, measured) = (std::mem::take(&mut scene.log), std::mem::take(&mut scene.measured));
    Done { phase, case: case.clone(), verdict, log, measured, took_ms: ms(begun.elapsed()) }
}

/// Why a case is not for this collector, if it is not.
fn not_for(declaration: &Declaration, pool: &Pool, case: &Case) -> Option<Text> {
    if !case.kinds.is_empty() && !case.kinds.contains(&declaration.kind) {
        let kind = declaration.kind;
        return Some(Text::new(
            format!("not for a {} collector", kind.as_str()),
            format!("{}の収納機関には当てはまりません。", kind.label()),
        ));
    }
    let has = |part: &Part| match part {
        Part::Counter => declaration.channels.contains(&Channel::Counter),
        Part::InternetBanking => declaration.channels.contains(&Channel::InternetBanking),
        Part::Restart => declaration.restart.is_some(),
        Part::PaymentCategory => declaration.slips.iter().any(|slip| slip.key.category.is_some()),
        Part::Clock => declaration.clock.is_some(),
        Part::Link => declaration.link.is_some(),
        Part::LinkSeveral => declaration.link.as_ref().is_some_and(|link| link.patterns.contains("02")),
        Part::LinkChosen => declaration.link.as_ref().is_some_and(|link| link.patterns.contains("03")),
        Part::LinkNonce => declaration.link.as_ref().is_some_and(|link| link.by_nonce),
    };
    if let Some(part) = case.needs.iter().find(|part| !has(part)) {
        let word = match part {
            Part::Counter => "channels = [\"counter\"]",
            Part::InternetBanking => "channels = [\"internet_banking\"]",
            Part::Restart => "restart",
            Part::PaymentCategory => "payment_category",
            Part::Clock => "clock",
            Part::Link => "[link]",
            Part::LinkSeveral => "link.patterns = [\"02\"]",
            Part::LinkChosen => "link.patterns = [\"03\"]",
            Part::LinkNonce => "link.by_nonce",
        };
        return Some(Text::new(format!("not declared: {word}"), format!("宣言されていません: {word}")));
    }
    let missing = case.outcomes().into_iter().find(|outcome| !pool.knows(*outcome))?;
    let word = missing.as_str();
    Some(Text::new(
        format!("no number declared with outcome = {word:?}"),
        format!("outcome = {word:?} の番号が宣言されていません。"),
    ))
}

/// Whether the endpoint gives one signed answer; if not, the one sentence that says on which side to look.
async fn reach(hub: &Hub) -> Result<(), Trouble> {
    let ask = Ask::default();
    let writer = Writer { hub, ask: &ask, key: hub.next_key(hub.today()) };
    let letter = writer.counter(hub.today());
    let letter = letter.map_err(|what| Trouble::new(what.clone(), what))?;
    let exchanged = hub.exchange(&letter, None, Instant::now()).await;
    let declaration = hub.declaration();
    let (endpoint, number) = (&declaration.endpoint, &declaration.collector);
    let trouble = |en: String, ja: String| Err(Trouble::new(en, ja));
    let (id, hex) = (hub.key().id(), sign::hexadecimal(&hub.key().verifying_key()));
    let base = &exchanged.signed;
    match exchanged.got {
        Got::Answer(message) => match message.body {
            Body::CounterAnswer(_) if message.body.code() == Some(ResponseCode::BankNotContracted) => {
                trouble(
                    format!(
                        "the collector says that bank {} is not contracted (A002): contract it, or declare another",
                        declaration.bank
                    ),
                    format!(
                        "収納機関は金融機関 {} を契約なし(A002)としています。契約の登録か宣言ファイルの bank を確認してください。",
                        declaration.bank
                    ),
                )
            }
            _ if message.body.code() == Some(ResponseCode::Malformed) => trouble(
                format!(
                    "the collector says 9003 to a counter inquiry: is it a {} collector, as kind declares?",
                    declaration.kind.as_str()
                ),
                format!(
                    "収納機関が収納カウンタ照会を 9003 としています。宣言ファイルの kind({})が正しいか確認してください。",
                    declaration.kind.as_str()
                ),
            ),
            _ if message.body.code() == Some(ResponseCode::CounterDateWrong) => trouble(
                format!(
                    "the collector says that {} is in the future (A601): declare its business day as today",
                    hub.today()
                ),
                format!(
                    "収納機関は {} を未来の日付(A601)としています。宣言ファイルの today に業務日付を指定してください。",
                    hub.today()
                ),
            ),
            _ => Ok(()),
        },
        Got::Nothing(NoAnswer::Connection(error)) => trouble(
            format!("nothing listens at {endpoint}: {error}; start the collector, or correct endpoint"),
            format!(
                "{endpoint} に接続できません({error})。収納機関を起動するか、endpoint を直してください。"
            ),
        ),
        Got::Nothing(reason) => {
            let reason = reason.say();
            trouble(format!("{endpoint}: {}", reason.en), format!("{endpoint}: {}", reason.ja))
        }
        Got::Status(404) => trouble(
            format!("{endpoint} has no collector {number}: POST {number}/mpn got HTTP status 404"),
            format!("{endpoint} に収納機関 {number} がありません(POST {number}/mpn が 404)。"),
        ),
        Got::Status(401) => trouble(
            format!(
                "the collector does not believe the kit (401): tell it the public key {id} = {hex}, compare the \
                 clocks, or compare your signature base with this one\n{base}"
            ),
            format!(
                "収納機関がキットの署名を認めません(401)。公開鍵 {id} = {hex} の登録、両マシンの時計、\
                 または署名対象が次と同じかを確認してください。\n{base}"
            ),
        ),
        Got::Status(status) => trouble(
            format!(
                "{endpoint} answers a counter inquiry with HTTP status {status}, so nothing can be tested"
            ),
            format!("{endpoint} が収納カウンタ照会に HTTP ステータス {status} を返すため、試験できません。"),
        ),
        Got::NotSigned(why) => trouble(
            format!("the answer's signature does not verify with the declared collector_keys: {}", why.en),
            format!("応答の署名を、宣言された collector_keys で検証できません。{}", why.ja),
        ),
        other => {
            let came = other.say();
            trouble(
                format!("a counter inquiry got {}, so nothing can be tested", came.en),
                format!("収納カウンタ照会の結果が「{}」のため、試験できません。", came.ja),
            )
        }
    }
}

/// Whether the collector's day is the one that the run takes for its own: else every case about yesterday and tomorrow
/// would blame it. Only one that knows the future can be asked.
async fn has_day(hub: &Hub) -> Result<(), Trouble> {
    let today = hub.today();
    let Some(tomorrow) = today.succ_opt() else { return Ok(()) };
    let far = today.checked_add_months(FAR).unwrap_or(today);
    let is_to_come = async |day: Date| {
        let ask = Ask::default();
        let letter = Writer { hub, ask: &ask, key: hub.next_key(today) }.counter(day).ok()?;
        hub.exchange(&letter, None, Instant::now())
            .await
            .got
            .code()
            .map(|code| code == ResponseCode::CounterDateWrong)
    };
    let is_past = is_to_come(tomorrow).await == Some(false) && is_to_come(far).await == Some(true);
    // midnight may have come since the run began
    let is_own = hub.declaration().today.is_some() || machine_now().date() == today;
    if !is_past || !is_own {
        return Ok(());
    }
    Err(Trouble::new(
        format!(
            "the collector counts {tomorrow} already, so its business day is later than {today}: declare that day as \
             today, or set its clock"
        ),
        format!(
            "収納機関は {tomorrow} を既に到来した日としており、業務日付が {today} より後です。宣言ファイルの today を\
             その日付にするか、収納機関の時計を合わせてください。"
        ),
    ))
}
