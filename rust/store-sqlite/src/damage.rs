//! Damage of the file: found, set aside, and survived.

pub(crate) mod check;
pub(crate) mod frames;
pub(crate) mod heal;
pub(crate) mod patrol;
pub(crate) mod salvage;
