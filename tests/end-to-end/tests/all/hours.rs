//! The running bank keeps its hours for customers, and for nobody else.

use crate::harness::api::Caller;
use crate::harness::{Clerk, Demo, Options, company};

/// Proves R110, R111.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_closes_at_nine_in_the_evening_for_customers_alone_and_opens_at_eight() {
    let demo = Demo::start_with(Options { keeps_hours: true, ..Options::default() }).await;
    demo.set_clock("2026-11-24T20:50:00+09:00").await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let home = clerk.client.get("/home").await;
    assert_eq!(home.page.field("open_until"), "21:00");
    demo.set_clock("2026-11-24T21:00:00+09:00").await;
    let closed = clerk.client.get("/home").await;
    assert_eq!((closed.path.as_str(), closed.status.as_u16()), ("/sign-in?ended=closed", 503));
    assert_eq!(closed.page.field("opens"), "11月25日(水) 08:00");
    // a company's own system goes on asking, and the staff signs in
    let caller = Caller::of(&demo, "company");
    assert_eq!(caller.get("/v1/collectors").await.0, 200);
    let console = crate::harness::client::Client::new(demo.json["console"]["url"].as_str().unwrap());
    assert_eq!(console.get("/sign-in").await.status, 200);
    demo.set_clock("2026-11-25T07:59:50+09:00").await;
    assert_eq!(clerk.client.get("/sign-in").await.status, 503);
    demo.set_clock("2026-11-25T08:00:00+09:00").await;
    Clerk::sign_in(&demo, company::SHOJI, 1).await;
}
