//! The bearer token itself.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::random;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// Characters of the random part that the prefix shows: enough to tell keys apart, too few to help a guess.
const PREFIX_SHOWN_CHARS: usize = 6;
/// 32 bytes in base 64.
const SECRET_CHARS: usize = 43;

/// What a token begins with, so that people and scanners recognise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A sandbox contract's.
    Test,
    /// Another contract's.
    Live,
    /// A collector's.
    Collector,
    /// An operator's.
    Operator,
}

impl TokenKind {
    const ALL: [Self; 4] = [Self::Test, Self::Live, Self::Collector, Self::Operator];

    const fn start(self) -> &'static str {
        match self {
            Self::Test => "mpn_test_",
            Self::Live => "mpn_live_",
            Self::Collector => "mpn_coll_",
            Self::Operator => "mpn_oper_",
        }
    }
}

/// A token. Shown once, when it is made; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

/// A text is no token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no token")]
pub struct NoToken;

impl Token {
    /// 256 random bits.
    pub fn generate(kind: TokenKind) -> Self {
        let secret = Zeroizing::new(random::bytes::<32>());
        Self(Zeroizing::new(format!("{}{}", kind.start(), URL_SAFE_NO_PAD.encode(*secret))))
    }

    /// From a header or a file.
    pub fn parse(text: &str) -> Result<Self, NoToken> {
        let secret = TokenKind::ALL.iter().find_map(|kind| text.strip_prefix(kind.start())).ok_or(NoToken)?;
        let fits = secret.len() == SECRET_CHARS && URL_SAFE_NO_PAD.decode(secret).is_ok();
        if fits { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NoToken) }
    }

    /// The text itself, for whoever is given the key.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept in its place. A look-up by it tells nothing of the token by its time: whoever could steer the hash
    /// would have the token.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }

    /// What people recognise it by.
    pub fn prefix(&self) -> String {
        let kind = TokenKind::ALL.iter().find(|kind| self.0.starts_with(kind.start()));
        let start = kind.map_or(0, |kind| kind.start().len());
        self.0.chars().take(start + PREFIX_SHOWN_CHARS).collect()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_is_never_printed() {
        for kind in TokenKind::ALL {
            let token = Token::generate(kind);
            assert_eq!(Token::parse(token.expose()).as_ref(), Ok(&token));
            assert_eq!(token.prefix().len(), kind.start().len() + PREFIX_SHOWN_CHARS);
            assert!(token.expose().starts_with(&token.prefix()));
            assert!(!format!("{token:?}").contains(token.expose()));
            assert_ne!(token, Token::generate(kind));
            assert_ne!(token.hash(), Token::generate(kind).hash());
        }
    }

    #[test]
    fn what_is_no_token_is_not_looked_up() {
        let good = Token::generate(TokenKind::Live).expose().to_owned();
        let longer = format!("{good}A");
        for bad in
            ["", "mpn_live_", &good[1..], &good[..good.len() - 1], &longer, &good.replace("live", "love")]
        {
            assert_eq!(Token::parse(bad), Err(NoToken), "{bad}");
        }
        assert!(Token::parse(&format!("{}~", &good[..good.len() - 1])).is_err());
    }
}
