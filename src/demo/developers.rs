//! The developers' site of the demo, and the sandbox in front of the mocks.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use collectors::Directory;
use collectors::signature::VerifyingKey;
use database::Database;
use developers::Config;
use developers::sandbox::{Allowed, KeyTaken, Sandbox, Settings, returning};
use domain::{Clock, CollectorNumber};
use gateway::Gateway;
use internet_banking::keys::{Accepted, accept_collectors_key};

use super::{DOORS, Demo, HUB_CENTRE, Ports, sample};

/// Where registrations of the sandbox are, in the data folder.
pub const SANDBOX_FILE: &str = "sandbox.json";
/// How long a key that was taken in may need until the hub believes it.
const BELIEVED_WITHIN: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The demo's ports besides the doors, counted from the base.
const OTHERS: [u16; 7] = [0, 1, 2, 10, 11, 12, 20];

impl Demo {
    /// The site, with the API under it.
    pub(super) fn developers(
        &self,
        ports: &Ports,
        gateway: &Gateway,
        api: Router,
        sandbox: Option<Sandbox>,
    ) -> anyhow::Result<Router> {
        let mocks_url = format!("http://127.0.0.1:{}", ports.at(10)?);
        let gateway = gateway.clone();
        Ok(developers::router(Config {
            api,
            keys: Arc::new(move || gateway.public_keys()),
            bills: if self.no_mocks { Vec::new() } else { sample::test_bills() },
            mocks_url: (!self.no_mocks).then_some(mocks_url),
            bank_url: ports.bank_url(),
            sandbox,
        }))
    }

    /// The sandbox with what was registered before.
    pub(super) async fn sandbox(
        &self,
        ports: &Ports,
        gateway: &Gateway,
        database: &Database,
        clock: &Clock,
    ) -> anyhow::Result<Sandbox> {
        let own_ports =
            DOORS.into_iter().chain(OTHERS).map(|offset| ports.at(offset)).collect::<Result<_, _>>()?;
        let told = (gateway.clone(), database.clone(), clock.clone());
        let hub = gateway.clone();
        let hub_centre = HUB_CENTRE.parse()?;
        let settings = Settings {
            directory: Arc::new(Directory::embedded()),
            hub_keys: Arc::new(move || hub.public_keys().of(&hub_centre)),
            tell_key: Arc::new(move |number, key| {
                let (gateway, database, clock) = told.clone();
                Box::pin(async move { tell(&gateway, &database, &clock, &number, &key).await })
            }),
            tell_return: returning(gateway.link_peers().clone()),
            clock: clock.clone(),
            file: self.data.data.join(SANDBOX_FILE),
            allowed: Allowed { hosts: self.sandbox_host.clone(), own_ports },
        };
        Ok(Sandbox::open(settings).await)
    }
}

/// Has the hub believe a collector's key, and waits until it does.
async fn tell(
    gateway: &Gateway,
    database: &Database,
    clock: &Clock,
    number: &CollectorNumber,
    key: &VerifyingKey,
) -> Result<KeyTaken, String> {
    let accepted = accept_collectors_key(database, number, key, clock.now()).await;
    match accepted.map_err(|error| format!("the key cannot be kept: {error}"))? {
        Accepted::IdTaken => return Ok(KeyTaken::IdTaken),
        Accepted::New | Accepted::Known => {}
    }
    let is_believed = || {
        gateway
            .collectors_keys()
            .any(|(of, keys)| of == number && keys.accepted().iter().any(|known| known == key))
    };
    let believed = async {
        while !is_believed() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(BELIEVED_WITHIN, believed).await {
        Ok(()) => Ok(KeyTaken::Yes),
        Err(_) => Err("the hub does not believe the key; it may have been retired on the console".to_owned()),
    }
}
