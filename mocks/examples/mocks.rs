use std::time::Duration;
#[tokio::main]
async fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let t = tokio::time::Instant::now();
    let mocks = mocks::Mocks::open(mocks::MocksConfig { data_dir: dir, clock: domain::Clock::default(), hub_public_key: [7; 32], bank_code: "9999".into(), hub_centre: "MPN9999".parse().unwrap() }).await.unwrap();
    println!("open {:?}", t.elapsed());
    mocks.seed(&mocks::sample_bills()).await.unwrap();
    println!("seeded {:?}", t.elapsed());
    let l = edge::bind("127.0.0.1:18390".parse().unwrap()).await.unwrap();
    let (trigger, s) = edge::Shutdown::pair();
    tokio::spawn(edge::serve_http(l, mocks::site_router(mocks.clone()), edge::Limits::default(), s));
    println!("ready {:?}", t.elapsed());
    tokio::time::sleep(Duration::from_secs(90)).await;
    trigger.ask();
    mocks.close().await;
}
