//! Closed lists with a stable word each.

/// An enum whose variants have a word of the database and of JSON.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident: $($(#[$doc:meta])* $variant:ident = $word:literal $label:literal,)*) => {
        $(#[$outer])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The word on a page.
            #[allow(dead_code, reason = "not every list is shown")]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::StoreError;
            fn from_str(text: &str) -> Result<Self, $crate::StoreError> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                found.ok_or_else(|| {
                    $crate::StoreError::Corrupt(format!("{text} is no {}", stringify!($name)))
                })
            }
        }
    };
}

pub(crate) use words;
