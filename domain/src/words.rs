//! Closed lists of words: an enum whose variants have one stable word each, the same in JSON, in the database and in
//! forms.

/// A word that is not in its list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word} is no {list}")]
pub struct UnlistedWord {
    /// What was read.
    pub word: String,
    /// The name of the list.
    pub list: &'static str,
}

/// Declares such an enum: `words! { Colour { Red = "red"; Blue = "blue"; } }`. Where each word is followed by what a
/// person reads, `Red = "red", "赤";`, there is a `label` too.
#[macro_export]
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnlistedWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                let unlisted =
                    || $crate::words::UnlistedWord { word: text.to_owned(), list: stringify!($name) };
                found.ok_or_else(unlisted)
            }
        }
    };
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $crate::words! { $(#[$about])* $name { $($(#[$each])* $variant = $word;)+ } }

        impl $name {
            /// What a person reads.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }
    };
}
