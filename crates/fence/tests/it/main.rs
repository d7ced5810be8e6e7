//! The fence against real programs. This binary has a `main` of its own: it is its own helper.

mod lifecycle;
mod place;

use libtest_mimic::Arguments;

fn main() {
    fence::become_helper_if_asked();
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, lifecycle::trials()).exit();
}
