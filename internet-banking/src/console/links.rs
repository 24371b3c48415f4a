//! The addresses of the console's pages as one type: routes, handlers and templates use it.

use std::fmt;

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleLink {
    /// The start of everything: sign-in or home.
    Root,
    /// Sign-in.
    SignIn,
    /// Sign-in, telling that the session was idle or old.
    SignInExpired,
    /// Sign-in, telling that the person signed in elsewhere.
    SignInReplaced,
    /// Sign-in, telling that the person signed out.
    SignInSignedOut,
    /// Ends the session (POST).
    SignOut,
    /// 状況.
    Home,
    /// The same, which asks for itself again and again.
    HomeWatching,
}

impl ConsoleLink {
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
            Self::HomeWatching => "/home?watch=on",
        }
    }
}

impl fmt::Display for ConsoleLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}
