//! The Model Context Protocol on raw JSON, both eras, both sides.
//!
//! What passes through is never decoded into fixed types: unknown methods, members and kinds survive. Two adapters
//! meet in one canonical form, the one of specification 2026-07-28 ([`exchange`]): [`serve`] turns what clients of
//! either era say into it, [`upstream`] turns it into what servers of either era understand. A server of the older era
//! that asks its client something while a call runs parks that call and answers `input_required`; a client of the
//! older era that is told `input_required` is asked over its stream and the call is made again. So each era is
//! bridged once a side, never pair by pair.

pub mod exchange;
pub mod message;
pub mod oauth;
pub mod serve;
pub mod upstream;
pub mod version;
