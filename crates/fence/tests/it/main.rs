//! The fence against real programs. This binary has a `main` of its own: it is its own helper, and the
//! prisoner that tries to escape.

mod attempts;
mod escape;
mod everyone;
mod lifecycle;
mod limits;
mod nested;
mod ordinary;
mod place;
mod refusals;
mod serve;
mod servers;

use libtest_mimic::Arguments;

fn main() {
    fence::become_helper_if_asked();
    attempts::become_prisoner_if_asked();
    limits::exercise_if_asked();
    nested::be_a_program_if_asked();
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var(escape::CANARY_VARIABLE, "canary") };
    let trials = [
        escape::trials(),
        everyone::trials(),
        lifecycle::trials(),
        limits::trials(),
        nested::trials(),
        ordinary::trials(),
        refusals::trials(),
        serve::trials(),
        servers::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit();
}
