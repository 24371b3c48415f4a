//! A table of error codes as an enum. The bank has one, the console another.

/// The explanation of a code, with what it says about money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<M> {
    /// The error in a few words.
    pub title: &'static str,
    /// What happened.
    pub happened: &'static str,
    /// Whether money moved.
    pub money: M,
    /// What the person does next.
    pub remedy: &'static str,
}

/// No error has that code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such code")]
pub struct UnlistedHelp;

/// Name of the enum, the words about money, the type of the help pages' addresses; then the codes in order.
#[macro_export]
macro_rules! codes {
    ($codes:ident, $moneys:ident, $link:ident;
     $($(#[$doc:meta])* $name:ident = $code:literal, $money:ident,
        $title:literal, $happened:literal, $remedy:literal;)*) => {
        /// A stable code of an error. Codes are never given another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $codes {
            $($(#[$doc])* $name,)*
        }

        impl $codes {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What the page shows and the address of the help page ends with.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The address of its help page.
            pub const fn help(self) -> $link {
                $link(self)
            }

            /// The explanation.
            pub const fn entry(self) -> $crate::help::Entry<$moneys> {
                match self {
                    $(Self::$name => $crate::help::Entry {
                        title: $title, happened: $happened, money: $moneys::$money, remedy: $remedy,
                    }),*
                }
            }
        }

        impl std::str::FromStr for $codes {
            type Err = $crate::help::UnlistedHelp;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or($crate::help::UnlistedHelp)
            }
        }

        impl std::fmt::Display for $codes {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub use codes;
