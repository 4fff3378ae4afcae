//! `StoreError`: why a store did not do what it was asked.

/// Error of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// The request makes no sense; nothing was changed.
    #[error("{0}")]
    Invalid(String),
    /// No room or no database just now; nothing was changed and trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Damage of what is stored.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The run of the stream was deleted; nothing was changed, and trying again does not help.
    #[error("run {0} was deleted here, nothing more is taken for it")]
    Deleted(String),
}
