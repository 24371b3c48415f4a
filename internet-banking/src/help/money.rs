//! What every error says of the money.

/// What became of the payer's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// Nothing was debited or held.
    Untouched,
    /// The amount is held until the outcome is known.
    Held,
    /// The amount was held for a moment and is free again.
    Released,
    /// There was nothing to debit, and nothing is registered or changed yet.
    NotRegistered,
    /// There was nothing to debit, and what is set is as it was.
    NotSet,
    /// This procedure held nothing; an earlier one may have.
    UntouchedByThis,
    /// It is not known whether the amount was held.
    Unclear,
    /// It was debited, and is back.
    Returned,
    /// It is not known whether a transfer was taken.
    TransferUnclear,
    /// A transfer came back; its fee stays owed.
    TransferBack,
}

impl Money {
    /// The same about a procedure with something that may have moved money before.
    pub const fn of_made(self) -> Self {
        match self {
            Self::Untouched => Self::UntouchedByThis,
            other => other,
        }
    }

    /// The same about a procedure that registers or sets something.
    pub const fn of_registration(self) -> Self {
        match self {
            Self::Untouched => Self::NotRegistered,
            other => other,
        }
    }

    /// The same about a procedure that changes what is set.
    pub const fn of_setting(self) -> Self {
        match self {
            Self::Untouched | Self::UntouchedByThis | Self::NotRegistered => Self::NotSet,
            other => other,
        }
    }

    /// The sentence that every error shows.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Untouched => "まだ何も引き落とされていません。",
            Self::NotRegistered => "この手続きでは、まだ何も登録・変更していません。",
            Self::NotSet => "設定はまだ変わっていません。",
            Self::UntouchedByThis => "この手続きでは何も引き落とされていません。",
            Self::Held => "お支払い金額は口座に確保されています(支払可能額から差し引かれています)。",
            Self::Unclear => "払い込まれたかどうかは、払込履歴でご確認ください。",
            Self::Returned => "引き落とした金額は、手数料を含めてお支払い口座に戻しました。",
            Self::TransferUnclear => "振込・振替を受け付けたかどうかは、振込・振替の一覧でご確認ください。",
            Self::TransferBack => "振込金額は引落口座に戻しました。振込手数料はお返しできません。",
            Self::Released => "お支払い金額は引き落とされていません。確保した金額は元に戻しました。",
        }
    }
}
