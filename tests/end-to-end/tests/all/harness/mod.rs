//! What the black-box tests stand on: the demo as a process, its mocks, and clerks who use its pages.

pub mod api;
pub mod clerk;
pub mod client;
pub mod demo;
pub mod files;
pub mod mocks;
pub mod page;
pub mod process;

pub use clerk::Clerk;
pub use client::Answer;
pub use demo::{Demo, Options};
pub use mocks::{Bill, Mocks};

/// The sample companies, as the demo names them.
pub mod company {
    /// Two accounts, three users.
    pub const SHOJI: &str = "株式会社見本商事";
    /// One account, one user.
    pub const SEISAKUSHO: &str = "有限会社例示製作所";
    /// One account with 50,000 yen.
    pub const SHOTEN: &str = "ひな形商店";
    /// One account with 8,000,000 yen, three users who sign in by certificate.
    pub const SHOMEISHO: &str = "株式会社証明書見本";
    /// One account with 12,000,000 yen, fifty users.
    pub const GOJUNIN: &str = "株式会社五十人";
}
