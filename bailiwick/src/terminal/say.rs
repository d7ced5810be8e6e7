//! Printing that does not take it amiss when nobody reads.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Like `anstream::println!`, but gives the error of writing instead of panicking: in `bailiwick … | head -1` the
/// reader leaves first, and that is no defect of anything.
macro_rules! say {
    ($($what:tt)*) => { $crate::terminal::say::to_stdout(format_args!($($what)*)) };
}

/// Like [`say`], to standard error, where nothing can be done about an error of writing.
macro_rules! remark {
    ($($what:tt)*) => { $crate::terminal::say::to_stderr(format_args!($($what)*)) };
}

pub(crate) use {remark, say};

/// See [`say`].
pub fn to_stdout(text: Arguments<'_>) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// See [`remark`].
pub fn to_stderr(text: Arguments<'_>) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
