//! What the next key, its use and the old one's end ask of two people.

use domain::time::year_month_day;
use domain::{Date, StaffRequestId, Timestamp};
use gateway::signing::VerifyingKey;
use gateway::{Gateway, Operator};
use internet_banking::keys::{self, BankKey, KeyKind, KeyStanding, Vault};
use ledger::{AuditRecord, Commit, EntityId};
use serde::{Deserialize, Serialize};

use crate::help::ConsoleCode;
use crate::links::ConsoleLink;
use crate::problem::Problem;
use crate::requests::carry_out::{Carried, Once, commit_once};
use crate::requests::pages::Matter;
use crate::words::collector_name;

/// A key of the bank is made, used or retired, with the paper that decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// What it is for.
    pub of: KeyKind,
    /// The collector that it is shared with; nothing where it is the bank's alone.
    pub owner: String,
    /// 書類番号.
    pub document: String,
    /// What is to happen.
    pub act: KeyAct,
}

/// What happens to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum KeyAct {
    /// The next one is made.
    Make {
        /// Its number.
        number: i64,
    },
    /// The next one of a collector is accepted: its people have told it.
    Register {
        /// Its number.
        number: i64,
        /// What messages call it.
        kid: String,
        /// The 32 bytes in base 64 for URLs.
        x: String,
    },
    /// The next one is used from a day on.
    Use {
        /// Its number.
        number: i64,
        /// The day.
        from: Date,
    },
    /// Nothing is accepted under it any more.
    Retire {
        /// Its number.
        number: i64,
    },
}

impl KeyAct {
    const fn number(&self) -> i64 {
        match self {
            Self::Make { number }
            | Self::Register { number, .. }
            | Self::Use { number, .. }
            | Self::Retire { number } => *number,
        }
    }
}

impl KeyChange {
    /// Of one kind and owner one request is open.
    pub fn subject(&self) -> String {
        format!("key/{}/{}", self.of.code(), self.owner)
    }

    /// What it does, in a few words.
    pub const fn title(&self) -> &'static str {
        match self.act {
            KeyAct::Make { .. } => "次の鍵の作成",
            KeyAct::Register { .. } => "収納機関の次の署名鍵の受入れ",
            KeyAct::Use { .. } => "次の鍵の使用開始",
            KeyAct::Retire { .. } => "鍵の使用終了",
        }
    }

    /// Which one it is about.
    pub fn about(&self) -> String {
        format!("{} {}", self.of.label(), self.id())
    }

    fn id(&self) -> String {
        self.of.shown_id(&self.owner, self.act.number())
    }

    /// What approving it does.
    pub fn consequence(&self) -> &'static str {
        match (&self.act, self.of) {
            (KeyAct::Register { .. }, _) => {
                "承認すると、収納機関の応答を、この鍵の署名でも受け付けます。いまの鍵の署名も、使用を終了するまで受け付けます。収納機関から書面で受け取った公開鍵と一文字ずつ照らし合わせてください。お金は動きません。"
            }
            (KeyAct::Use { .. }, KeyKind::Message) if !self.owner.is_empty() => {
                "承認すると、開始日から、収納機関がこの鍵で署名しているものとして扱い、前の鍵の使用を終了できるようになります。前の鍵の署名も、使用を終了するまで受け付けます。お金は動きません。"
            }
            (KeyAct::Retire { .. }, KeyKind::Message) if !self.owner.is_empty() => {
                "承認すると、この鍵で署名した応答を、すぐに受け付けなくなります。収納機関がまだこの鍵で署名していると、払込は結果不明になります。\
                 これまでの応答と証跡は、この鍵で検証できます。元に戻せません。お金は動きません。"
            }
            (KeyAct::Make { .. }, KeyKind::Message) => {
                "承認すると、次の署名鍵を作成します。公開鍵を、収納機関とセンターに知らせます。署名は、使用を開始するまでいまの鍵で行います。お金は動きません。"
            }
            (KeyAct::Use { .. }, KeyKind::Message) => {
                "承認すると、開始日から新しい鍵で電文に署名します。収納機関とセンターは、いまの鍵の署名も、使用を終了するまで受け付けます。お金は動きません。"
            }
            (KeyAct::Retire { .. }, KeyKind::Message) => {
                "承認すると、収納機関とセンターは、この鍵の署名をすぐに受け付けなくなります。これまでに署名した電文と証跡は、この鍵で検証できます。元に戻せません。お金は動きません。"
            }
            (KeyAct::Make { .. }, _) => {
                "承認すると、次の鍵を作成し、受け入れを始めます。いま使用中の鍵は変わりません。お金は動きません。"
            }
            (KeyAct::Use { .. }, KeyKind::Seed) => {
                "承認すると、開始日から新しい鍵で暗号化します。保管しているトークンの秘密も、順に新しい鍵で暗号化し直します。\
                 ワンタイムパスワードはそのまま使えます。お金は動きません。"
            }
            (KeyAct::Use { .. }, KeyKind::Authority) => {
                "承認すると、開始日からの電子証明書を新しい認証局が発行します。いまの認証局が発行したものも使えます。お金は動きません。"
            }
            (KeyAct::Use { .. }, _) => {
                "承認すると、開始日から新しい鍵を使います。いまの鍵も、使用を終了するまで受け入れます。お金は動きません。"
            }
            (KeyAct::Retire { .. }, KeyKind::Authority) => {
                "承認すると、この認証局が発行した電子証明書では、すぐにログインできなくなります。元に戻せません。お金は動きません。"
            }
            (KeyAct::Retire { .. }, _) => {
                "承認すると、この鍵をすぐに受け入れなくなります。元に戻せません。お金は動きません。"
            }
        }
    }

    /// What the page of a request shows of it.
    pub(crate) async fn matter(&self, gateway: &Gateway) -> Result<Option<Matter>, sqlx::Error> {
        let number = self.act.number();
        let mut rows = vec![("種類", self.of.label().to_owned())];
        if let Ok(collector) = self.owner.parse() {
            rows.push(("相手先", collector_name(gateway, &collector)));
        }
        rows.push(("鍵", self.id()));
        if let KeyAct::Use { from, .. } = self.act {
            rows.push(("開始日", year_month_day(from)));
        }
        if let KeyAct::Register { kid, x, .. } = &self.act {
            rows.push(("鍵の名前", kid.clone()));
            rows.push(("公開鍵", x.clone()));
        } else if let Some(public) = self.public_half(gateway).await? {
            rows.push(("公開鍵", public));
        }
        if let (KeyAct::Retire { .. }, Some(left)) = (&self.act, left(gateway, self.of, number).await?) {
            rows.push(left);
        }
        rows.push(("書類番号", self.document.clone()));
        let link = ConsoleLink::Keys.to_string();
        Ok(Some(Matter { heading: "対象の鍵", link, link_words: "鍵と認証局を見る", rows }))
    }

    /// What others are told of a key that signs, once it is made.
    async fn public_half(&self, gateway: &Gateway) -> Result<Option<String>, sqlx::Error> {
        if self.of != KeyKind::Message {
            return Ok(None);
        }
        let all = keys::all(gateway.ledger().database()).await?;
        let own = |key: &BankKey| key.is_beside(self.of, &self.owner) && key.number == self.act.number();
        Ok(all.into_iter().find(own).map(|key| key.public))
    }

    /// Whether it could be carried out now.
    pub async fn check(&self, gateway: &Gateway) -> Result<(), Problem> {
        let ledger = gateway.ledger();
        let (all, today) = (keys::all(ledger.database()).await, ledger.clock().now().date());
        let all = all.map_err(|error| Problem::unavailable(&error))?;
        if !possible(&all, gateway, today).iter().any(|act| act.is_like(self)) {
            return Err(ConsoleCode::KeyChanged.into());
        }
        match self.act {
            KeyAct::Use { from, .. } if from < today => Err(ConsoleCode::KeyChanged.into()),
            KeyAct::Register { ref kid, ref x, .. } if !is_new_key(&all, gateway, &self.owner, kid, x) => {
                Err(ConsoleCode::KeyChanged.into())
            }
            KeyAct::Retire { .. }
                if self.of == KeyKind::Message && under_way(&all, &self.owner, ledger.clock().now()) =>
            {
                Err(ConsoleCode::KeySigning.into())
            }
            KeyAct::Retire { number } if self.of == KeyKind::Seed => {
                match keys::tokens_under(ledger.database(), number).await {
                    Ok(0) => Ok(()),
                    Ok(_) => Err(ConsoleCode::KeyInUse.into()),
                    Err(error) => Err(Problem::unavailable(&error)),
                }
            }
            _ => Ok(()),
        }
    }

    /// Does it, once.
    pub(crate) async fn carry_out(
        &self,
        gateway: &Gateway,
        vault: &Vault,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Carried {
        let once = gateway::Guard::request_act(request);
        if let Err(problem) = self.check(gateway).await {
            // our own of an earlier try, whose result was not recorded, has changed it
            return match (gateway.is_taken(&once).await, problem.code) {
                (Ok(true), _) => self.done(),
                (Ok(false), ConsoleCode::KeyChanged | ConsoleCode::KeyInUse | ConsoleCode::KeySigning) => {
                    Carried::Refused(problem.words().to_owned())
                }
                _ => Carried::Unclear,
            };
        }
        let commit = match self.commit(gateway, vault, request, checker) {
            Ok(commit) => commit,
            Err(error) => {
                tracing::error!(%request, %error, "an approved key cannot be made");
                return Carried::Unclear;
            }
        };
        match commit_once(gateway, request, commit).await {
            Once::Done => self.done(),
            Once::Refused(_) => Carried::Refused(ConsoleCode::KeyChanged.entry().happened.to_owned()),
            Once::Unclear => Carried::Unclear,
        }
    }

    fn commit(
        &self,
        gateway: &Gateway,
        vault: &Vault,
        request: StaffRequestId,
        checker: &Operator,
    ) -> Result<Commit, keys::MakeError> {
        let now = gateway.ledger().clock().now();
        let number = self.act.number();
        let place = (self.of, self.owner.as_str(), number);
        let mut commit = Commit::default();
        let (action, what) = match &self.act {
            KeyAct::Make { .. } => {
                let made = keys::make(vault, place, now)?;
                commit.rows.push(keys::row(place, made, None, now));
                let free = keys::made_once(self.of, &self.owner, number);
                commit.guards.push((free, EntityId(request.uuid())));
                ("key.make", String::new())
            }
            KeyAct::Register { kid, x, .. } => {
                let public = keys::public_of_collector(kid, x);
                commit.rows.push(keys::row(place, (public, None), None, now));
                let free = keys::made_once(self.of, &self.owner, number);
                commit.guards.push((free, EntityId(request.uuid())));
                ("key.register", format!("{kid} {x}; "))
            }
            KeyAct::Use { from, .. } => {
                commit.changes.push(keys::used(place, *from, now));
                ("key.use", format!("from {from}; "))
            }
            KeyAct::Retire { .. } => {
                commit.changes.push(keys::retired(place, now));
                ("key.retire", String::new())
            }
        };
        commit.audit.push(AuditRecord {
            contract: None,
            actor: checker.to_string(),
            action,
            subject: format!("{}/{}", self.of.code(), keys::id(&self.owner, number)),
            detail: format!("{what}paper {}", self.document),
        });
        Ok(commit)
    }

    fn done(&self) -> Carried {
        Carried::Done(match self.act {
            KeyAct::Make { .. } => {
                "次の鍵を作成しました。使用開始を起票すると、その日から使います。".to_owned()
            }
            KeyAct::Register { .. } => {
                "収納機関の次の署名鍵を受け入れました。収納機関が使い始める日を、使用開始で起票してください。"
                    .to_owned()
            }
            KeyAct::Use { from, .. } => format!("{}から使用します。", year_month_day(from)),
            KeyAct::Retire { .. } => "鍵の使用を終了しました。".to_owned(),
        })
    }
}

/// What still rests on a key, in words: a checker sees it before its end.
pub(super) async fn left(
    gateway: &Gateway,
    of: KeyKind,
    number: i64,
) -> Result<Option<(&'static str, String)>, sqlx::Error> {
    let (database, now) = (gateway.ledger().database(), gateway.ledger().clock().now());
    Ok(match of {
        KeyKind::Seed => {
            let left = keys::tokens_under(database, number).await?;
            Some(("この鍵で暗号化しているトークン", format!("{left} 個")))
        }
        KeyKind::Authority => {
            let left = keys::certificates_under(database, number, now).await?;
            Some(("有効な電子証明書", format!("{left} 枚")))
        }
        KeyKind::Link | KeyKind::Message => None,
    })
}

/// Whether a collector that the hub reaches has no such key yet, neither under the name nor under another.
pub(super) fn is_new_key(all: &[BankKey], gateway: &Gateway, owner: &str, kid: &str, x: &str) -> bool {
    let Some(key) = keys::collectors_key(&keys::public_of_collector(kid, x)) else { return false };
    let has = |known: &VerifyingKey| known.id() == kid || known.bytes() == key.bytes();
    let kept = all.iter().filter(|key| key.is_beside(KeyKind::Message, owner));
    let kept = kept.filter_map(|key| keys::collectors_key(&key.public)).any(|known| has(&known));
    let of_owner = gateway.collectors_keys().find(|(collector, _)| collector.as_str() == owner);
    !kept && of_owner.is_some_and(|(_, known)| !known.all().iter().any(has))
}

/// Whether messages may be under way that the key before the current one has signed.
fn under_way(all: &[BankKey], owner: &str, now: Timestamp) -> bool {
    let is_current = |key: &&BankKey| {
        key.is_beside(KeyKind::Message, owner) && key.standing(all, now.date()) == KeyStanding::Current
    };
    let until = all.iter().find(is_current).and_then(keys::predecessors_count_until);
    until.is_some_and(|until| now < until)
}

/// An operation that the keys let happen: without its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Possible {
    pub of: KeyKind,
    pub owner: String,
    pub number: i64,
    pub act: &'static str,
}

impl Possible {
    /// The word in the form.
    pub fn word(&self) -> String {
        format!("{}/{}/{}/{}", self.act, self.of.code(), self.owner, self.number)
    }

    /// What the form says.
    pub fn label(&self) -> String {
        let act = match self.act {
            "make" => "次の鍵を作成",
            "register" => "次の鍵を受入れ",
            "use" => "使用を開始",
            _ => "使用を終了",
        };
        format!("{} {}: {act}", self.of.label(), self.of.shown_id(&self.owner, self.number))
    }

    fn is_like(&self, change: &KeyChange) -> bool {
        let act = match change.act {
            KeyAct::Make { .. } => "make",
            KeyAct::Register { .. } => "register",
            KeyAct::Use { .. } => "use",
            KeyAct::Retire { .. } => "retire",
        };
        (self.of, self.owner.as_str(), self.number, self.act)
            == (change.of, change.owner.as_str(), change.act.number(), act)
    }
}

/// Everything that can be proposed: one next key at a time, its use, and the end of whatever is not in use.
pub(super) fn possible(all: &[BankKey], gateway: &Gateway, today: Date) -> Vec<Possible> {
    let links = gateway.link_peers().collectors();
    let links = links.iter().map(|collector| (KeyKind::Link, collector.as_str()));
    let mut possible = Vec::new();
    let own = [KeyKind::Message, KeyKind::Seed, KeyKind::Authority].map(|of| (of, ""));
    // a hub that has its key from elsewhere has no row of one
    let own = own
        .into_iter()
        .filter(|(of, _)| *of != KeyKind::Message || all.iter().any(|key| key.is_beside(*of, "")));
    // what a collector signs with is known where it has told a key that is in the table
    let told = |collector: &str| all.iter().any(|key| key.is_beside(KeyKind::Message, collector));
    let mut signing: Vec<_> =
        gateway.collectors_keys().map(|(number, _)| number.as_str()).filter(|of| told(of)).collect();
    signing.sort_unstable();
    let signing = signing.into_iter().map(|collector| (KeyKind::Message, collector));
    for (of, owner) in own.chain(links).chain(signing) {
        let act = |act, number| Possible { of, owner: owner.to_owned(), number, act };
        let own: Vec<_> = all.iter().filter(|key| key.is_beside(of, owner)).collect();
        let standing: Vec<_> = own.iter().map(|key| (key.number, key.standing(all, today))).collect();
        let is_next = |of: KeyStanding| matches!(of, KeyStanding::Waiting | KeyStanding::Planned);
        if !standing.iter().any(|(_, standing)| is_next(*standing)) {
            let newest = own.iter().map(|key| key.number).max().unwrap_or_default();
            let is_theirs = of == KeyKind::Message && !owner.is_empty();
            possible.push(act(if is_theirs { "register" } else { "make" }, newest.saturating_add(1)));
        }
        possible.extend(standing.iter().filter(|(_, s)| is_next(*s)).map(|(number, _)| act("use", *number)));
        let ends = |standing: KeyStanding| is_next(standing) || standing == KeyStanding::Accepted;
        possible.extend(standing.iter().filter(|(_, s)| ends(*s)).map(|(number, _)| act("retire", *number)));
    }
    possible
}
