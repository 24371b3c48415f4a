//! `/v1/keys`: the public keys behind the signatures between hub and collectors (RFC 7517, RFC 8037).

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use collectors::signature::VerifyingKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;

/// A set of keys.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeys)]
pub struct KeysBody {
    /// The hub's, then the collectors'.
    keys: Vec<KeyBody>,
}

/// An Ed25519 public key.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKey)]
pub struct KeyBody {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`.
    r#use: &'static str,
    /// The id under which messages name it.
    kid: String,
    /// The 32 bytes in base 64 for URLs.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    x: String,
    /// `hub`, or the number of a collector.
    #[schema(examples("hub", "00200"))]
    owner: String,
}

fn body(owner: &str, key: &VerifyingKey) -> KeyBody {
    KeyBody {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        r#use: "sig",
        kid: key.id().to_owned(),
        x: URL_SAFE_NO_PAD.encode(key.bytes()),
        owner: owner.to_owned(),
    }
}

/// Lists the keys that the hub and its collectors sign their messages with.
#[utoipa::path(
    get, operation_id = "list_keys", path = "/v1/keys", tag = "directory",
    responses((status = 200, body = KeysBody))
)]
pub async fn list(State(api): State<Api>) -> Json<KeysBody> {
    let client = api.gateway.client();
    let mut peers: Vec<_> = client.peers().collect();
    peers.sort_unstable_by_key(|(number, _)| *number);
    let theirs =
        peers.into_iter().flat_map(|(number, keys)| keys.iter().map(|key| body(number.as_str(), key)));
    let own = body("hub", &client.key().verifying_key());
    Json(KeysBody { keys: std::iter::once(own).chain(theirs).collect() })
}
