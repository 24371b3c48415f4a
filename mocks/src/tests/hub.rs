//! A small hub: signs requests, verifies answers, and writes the messages by hand.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::{Clock, Timestamp};
use http::{HeaderMap, Request, StatusCode};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use tower::ServiceExt as _;

use crate::{Data, HubKeys, LinkConfig, Mocks, MocksConfig, protocol_router, sample_bills, site_router};

/// A Tuesday, ten in the morning.
pub const TUESDAY: &str = "2026-11-24T10:00:00+09:00";

/// Where the sites are.
pub const SITES: &str = "http://localhost:8090";

pub struct Hub {
    pub mocks: Mocks,
    pub protocol: Router,
    pub site: Router,
    pub clock: Clock,
    pub key: Ed25519KeyPair,
    pub folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Whether the collector's signature verifies.
    pub is_signed: bool,
}

impl Answer {
    /// The text of the first element of that name.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value.to_owned())
    }

    pub fn code(&self) -> String {
        assert_eq!(self.status, StatusCode::OK);
        assert!(self.is_signed, "the answer is not signed");
        self.field("Code").expect("a code")
    }

    pub fn bill_ids(&self) -> Vec<String> {
        let text = String::from_utf8(self.body.clone()).unwrap();
        text.split("<BillId>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

impl Hub {
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), new_key(), Clock::frozen(at(TUESDAY))).await
    }

    pub async fn start_in(folder: tempfile::TempDir, key: Ed25519KeyPair, clock: Clock) -> Self {
        Self::open(folder, key, clock, &Data::embedded()).await
    }

    /// A fresh one with institutions of the test's own.
    pub async fn start_with(data: &Data) -> Self {
        Self::open(tempfile::tempdir().unwrap(), new_key(), Clock::frozen(at(TUESDAY)), data).await
    }

    async fn open(folder: tempfile::TempDir, key: Ed25519KeyPair, clock: Clock, data: &Data) -> Self {
        let (moves, mut asked) = tokio::sync::mpsc::channel::<crate::ClockMove>(1);
        let moved = clock.clone();
        tokio::spawn(async move {
            while let Some(ask) = asked.recv().await {
                moved.advance_seconds(ask.to.seconds() - moved.now().seconds());
                ask.done.send(true).unwrap();
            }
        });
        let config = MocksConfig {
            data_dir: folder.path().to_owned(),
            clock: clock.clone(),
            hub_keys: HubKeys::fixed("hub-1", key.public_key().as_ref().try_into().unwrap()),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:8080".to_owned(),
            hub_centre: "MPN9999".parse().unwrap(),
            link: Some(LinkConfig {
                site_url: SITES.to_owned(),
                keys_dir: folder.path().join("shared-keys"),
            }),
            tokens: vec![crate::Device {
                serial: "9000000001".to_owned(),
                label: "見本商事 鈴木<一郎>".to_owned(),
                seed: *b"12345678901234567890",
            }],
            clock_moves: Some(moves),
        };
        let mocks = Mocks::open_with(config, data).await.unwrap();
        mocks.seed(&sample_bills()).await.unwrap();
        let (protocol, site) = (protocol_router(mocks.clone()), site_router(mocks.clone()));
        Self { mocks, protocol, site, clock, key, folder }
    }

    /// The same data, another process.
    pub async fn restart(self) -> Self {
        self.mocks.close().await;
        Self::start_in(self.folder, self.key, self.clock).await
    }

    /// Business time, which only goes forward here.
    pub fn set_clock(&self, to: Timestamp) {
        self.clock.advance_seconds(to.seconds() - self.clock.now().seconds());
    }

    pub fn signed(&self, collector: &str, body: &[u8]) -> Request<Body> {
        let created = domain::clock::machine_now().seconds();
        self.signed_with(
            collector,
            body,
            &format!("created={created};keyid=\"hub-1\";alg=\"ed25519\";tag=\"mpn-v1\""),
        )
    }

    pub fn signed_with(&self, collector: &str, body: &[u8], attributes: &str) -> Request<Body> {
        let path = format!("/{collector}/mpn");
        let digest = digest_of(body);
        let parameters = format!("(\"@method\" \"@path\" \"content-type\" \"content-digest\");{attributes}");
        let base = format!(
            "\"@method\": POST\n\"@path\": {path}\n\"content-type\": application/xml; charset=utf-8\n\
             \"content-digest\": {digest}\n\"@signature-params\": {parameters}"
        );
        let signature = BASE64.encode(self.key.sign(base.as_bytes()));
        Request::post(path)
            .header("content-type", "application/xml; charset=utf-8")
            .header("content-digest", digest)
            .header("signature-input", format!("mpn={parameters}"))
            .header("signature", format!("mpn=:{signature}:"))
            .body(Body::from(body.to_vec()))
            .unwrap()
    }

    pub async fn raw(&self, request: Request<Body>) -> Response {
        self.protocol.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&self, collector: &str, message: &str) -> Answer {
        let request = self.signed(collector, message.as_bytes());
        let request_digest = digest_of(message.as_bytes());
        let response = self.raw(request).await;
        self.read(collector, &request_digest, response).await
    }

    pub async fn read(&self, collector: &str, request_digest: &str, response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 26).await.unwrap().to_vec();
        let is_signed = self.verifies(collector, request_digest, parts.status, &parts.headers, &body);
        Answer { status: parts.status, headers: parts.headers, body, is_signed }
    }

    fn verifies(
        &self,
        collector: &str,
        request_digest: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> bool {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        let (Some(digest), Some(input), Some(signature)) =
            (header("content-digest"), header("signature-input"), header("signature"))
        else {
            return false;
        };
        let parameters = input.strip_prefix("mpn=").unwrap();
        let start = "(\"@status\" \"content-digest\" \"content-digest\";req);created=";
        assert!(parameters.starts_with(start), "{parameters}");
        assert!(parameters.contains(&format!("keyid=\"{collector}-1\";alg=\"ed25519\";tag=\"mpn-v1\"")));
        let base = format!(
            "\"@status\": {}\n\"content-digest\": {digest}\n\"content-digest\";req: {request_digest}\n\
             \"@signature-params\": {parameters}",
            status.as_u16()
        );
        let bytes =
            BASE64.decode(signature.strip_prefix("mpn=:").unwrap().strip_suffix(':').unwrap()).unwrap();
        let keys = self.mocks.public_keys();
        let (_, _, key) = keys.iter().find(|(number, _, _)| number.as_str() == collector).unwrap();
        let right = UnparsedPublicKey::new(&ED25519, key).verify(base.as_bytes(), &bytes).is_ok();
        right && digest == digest_of(body)
    }

    pub async fn json(&self, method: &str, path: &str, body: &str) -> (StatusCode, serde_json::Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.site.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 26).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{bytes:?}")))
    }

    pub async fn fault(&self, collector: &str, body: &str) {
        let (status, json) = self.json("PUT", &format!("/control/{collector}/fault"), body).await;
        assert_eq!(status, StatusCode::OK, "{json}");
    }

    pub async fn clearings(&self, collector: &str) -> Vec<serde_json::Value> {
        let (_, json) = self.json("GET", &format!("/control/{collector}/clearings"), "").await;
        json["clearings"].as_array().unwrap().clone()
    }
}

pub fn new_key() -> Ed25519KeyPair {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap()
}

pub fn digest_of(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(digest::digest(&digest::SHA256, body)))
}

pub fn message(collector: &str, serial: u32, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Message xmlns=\"urn:mpn:v1\"><Header><Version>1</Version>\
         <Sender>MPN9999</Sender><Receiver>C{collector}</Receiver><ProcessingDate>2026-11-24</ProcessingDate>\
         <Serial>{serial:08}</Serial><SentAt>2026-11-24T10:00:00+09:00</SentAt></Header>{body}</Message>"
    )
}

/// The same message under a key of another day.
pub fn on(day: &str, message: &str) -> String {
    let date = |day: &str| format!("<ProcessingDate>{day}</ProcessingDate>");
    message.replace(&date("2026-11-24"), &date(day))
}

/// 再送確認 of a message, under its own key.
pub fn resent(original: &str) -> String {
    let (head, _) = original.split_once("</Header>").unwrap();
    let encoded = BASE64.encode(original.as_bytes());
    format!(
        "{head}</Header><ResendConfirmation><Original>{encoded}</Original></ResendConfirmation></Message>"
    )
}

/// 開局 or 予備閉局.
pub fn service(collector: &str, serial: u32, element: &str, kind: &str) -> String {
    let body = format!("<{element}><Bank>9999</Bank><ServiceKind>{kind}</ServiceKind></{element}>");
    message(collector, serial, &body)
}

/// 閉局 of a day with counters that need not be right.
pub fn close(collector: &str, serial: u32, kind: &str, day: &str) -> String {
    let tally = "<Count>1</Count><Amount>1234567890123456</Amount>";
    let none = "<Count>0</Count><Amount>0</Amount>";
    let body = format!(
        "<Close><Bank>9999</Bank><ServiceKind>{kind}</ServiceKind><CountedDate>{day}</CountedDate><Counters>\
         <Cleared>{tally}</Cleared><Provisional>{none}</Provisional><Cancelled>{none}</Cancelled></Counters>\
         </Close>"
    );
    message(collector, serial, &body)
}

/// 収納カウンタ照会 or 消込明細照会; `more` is what follows the day.
pub fn asked(collector: &str, serial: u32, element: &str, kind: &str, day: &str, more: &str) -> String {
    let body = format!(
        "<{element}><Bank>9999</Bank><ServiceKind>{kind}</ServiceKind><CountedDate>{day}</CountedDate>{more}\
         </{element}>"
    );
    message(collector, serial, &body)
}

/// 資金決済通知.
pub fn advice(collector: &str, serial: u32, settlement: &str, amount: i64) -> String {
    let body = format!(
        "<SettlementAdvice><Bank>9999</Bank><Settlement>{settlement}</Settlement>\
         <WindowDate>2026-11-24</WindowDate><PayDate>2026-11-26</PayDate><Count>3</Count>\
         <Amount>{amount}</Amount></SettlementAdvice>"
    );
    message(collector, serial, &body)
}

/// What names a sample bill.
#[derive(Clone, Copy)]
pub struct Slip {
    pub collector: &'static str,
    pub customer: &'static str,
    pub confirmation: &'static str,
    pub category: &'static str,
    pub bill: &'static str,
    pub amount: i64,
    pub fee: i64,
}

pub const TAX: Slip = Slip {
    collector: "00200",
    customer: "2013000123456789",
    confirmation: "246810",
    category: "7000001234",
    bill: "NTA-0001",
    amount: 1_284_500,
    fee: 0,
};

pub const CITY: Slip = Slip {
    collector: "04100",
    customer: "04100202600010012345",
    confirmation: "975310",
    category: "010",
    bill: "SDI-0001",
    amount: 184_300,
    fee: 0,
};

pub const AUCTION: Slip = Slip {
    collector: "99022",
    customer: "90220000000000024680",
    confirmation: "778899",
    category: "",
    bill: "PAY-0003",
    amount: 58_000,
    fee: 110,
};

pub const TYPED: Slip = Slip {
    collector: "99090",
    customer: "99090000000000000001",
    confirmation: "909090",
    category: "",
    bill: "TST-0001",
    amount: 4_321,
    fee: 0,
};

impl Slip {
    fn key(&self) -> String {
        let category = match self.category {
            "" => String::new(),
            digits => format!("<PaymentCategory>{digits}</PaymentCategory>"),
        };
        format!(
            "<Collector>{}000</Collector><CustomerNumber>{}</CustomerNumber>\
             <ConfirmationNumber>{}</ConfirmationNumber>{category}",
            self.collector, self.customer, self.confirmation
        )
    }

    pub fn inquiry(&self, serial: u32) -> String {
        self.inquiry_of("9999", "", serial)
    }

    pub fn inquiry_of(&self, bank: &str, amount: &str, serial: u32) -> String {
        let body = format!(
            "<Inquiry>{}<Bank>{bank}</Bank><Channel>internet_banking</Channel>{amount}</Inquiry>",
            self.key()
        );
        message(self.collector, serial, &body)
    }

    pub fn clearing(&self, serial: u32) -> String {
        self.clearing_of("9999", serial)
    }

    pub fn clearing_of(&self, bank: &str, serial: u32) -> String {
        let body = format!(
            "<Clearing>{}<BillId>{}</BillId><Amount>{}</Amount><Fee>{}</Fee><Bank>{bank}</Bank>\
             <Channel>internet_banking</Channel><EntryKind>typed</EntryKind>\
             <ReceiptDate>2026-11-24</ReceiptDate></Clearing>",
            self.key(),
            self.bill,
            self.amount,
            self.fee
        );
        message(self.collector, serial, &body)
    }

    /// A clearing that was paid at the bank's counter.
    pub fn at_counter(&self, serial: u32) -> String {
        self.clearing(serial).replace("internet_banking", "counter")
    }

    /// 取消 of the clearing with the serial `of`.
    pub fn cancellation(&self, serial: u32, of: u32) -> String {
        let body = format!(
            "<Cancellation>{}<BillId>{}</BillId><Amount>{}</Amount><Bank>9999</Bank>\
             <Channel>counter</Channel><ClearingDate>2026-11-24</ClearingDate>\
             <ClearingSerial>{of:08}</ClearingSerial></Cancellation>",
            self.key(),
            self.bill,
            self.amount
        );
        message(self.collector, serial, &body)
    }

    pub fn resend(&self, serial: u32, original: &str) -> String {
        let body = format!(
            "<ResendConfirmation><Original>{}</Original></ResendConfirmation>",
            BASE64.encode(original.as_bytes())
        );
        message(self.collector, serial, &body)
    }
}
