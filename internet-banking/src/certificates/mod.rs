//! 電子証明書: the certificates by which the users of a contract sign in (R22–R50), from the bank's own authority.

pub mod authority;
pub mod bounds;
pub mod bundle;
pub mod request;
