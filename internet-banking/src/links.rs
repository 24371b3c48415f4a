//! The addresses of the bank's pages as one type: handlers and templates never spell a path.

use std::fmt;

use domain::PaymentId;

/// A page of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The start of everything: sign-in or home.
    Root,
    /// Sign-in.
    SignIn,
    /// Sign-in, telling that the session was idle or old.
    SignInExpired,
    /// Sign-in, telling that the user signed in elsewhere.
    SignInReplaced,
    /// Sign-in, telling that the user signed out.
    SignInSignedOut,
    /// Ends the session (POST).
    SignOut,
    /// Home.
    Home,
    /// Pay a bill from its slip.
    PayeasyNew,
    /// Payments of the last 100 days.
    PayeasyHistory,
    /// The collectors that can be paid.
    PayeasyCollectors,
}

impl Link {
    /// The path, with its query where it has one.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::SignIn => "/sign-in",
            Self::SignInExpired => "/sign-in?ended=expired",
            Self::SignInReplaced => "/sign-in?ended=elsewhere",
            Self::SignInSignedOut => "/sign-in?ended=signed-out",
            Self::SignOut => "/sign-out",
            Self::Home => "/home",
            Self::PayeasyNew => "/payeasy/new",
            Self::PayeasyHistory => "/payeasy/history",
            Self::PayeasyCollectors => "/payeasy/collectors",
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}

/// The page of one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentLink(pub PaymentId);

impl fmt::Display for PaymentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/payeasy/payments/{}", self.0)
    }
}
