//! `/v1/keys`: the public keys behind the signatures between hub and collectors (RFC 7517, RFC 8037).

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use crate::proof::PublicKey;

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
    kty: String,
    /// `Ed25519`.
    crv: String,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`.
    r#use: &'static str,
    /// The id under which messages name it.
    kid: String,
    /// The 32 bytes in base 64 for URLs.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    x: String,
    /// センタコード of the side that signs with it.
    #[schema(examples("MPN9999", "C00200"))]
    owner: String,
}

impl From<PublicKey> for KeyBody {
    fn from(key: PublicKey) -> Self {
        Self {
            kty: key.kty,
            crv: key.crv,
            alg: "EdDSA",
            r#use: "sig",
            kid: key.kid,
            x: key.x,
            owner: key.owner.to_string(),
        }
    }
}

/// Lists the keys that the hub and its collectors sign their messages with.
#[utoipa::path(
    get, operation_id = "list_keys", path = "/v1/keys", tag = "directory",
    responses((status = 200, body = KeysBody))
)]
pub async fn list(State(api): State<Api>) -> Json<KeysBody> {
    let keys = api.gateway.public_keys().keys;
    Json(KeysBody { keys: keys.into_iter().map(KeyBody::from).collect() })
}
