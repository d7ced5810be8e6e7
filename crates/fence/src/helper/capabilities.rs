//! Root without its powers.

use rustix::thread::{CapabilitySet, CapabilitySets};

use super::step::{Failure, Step};

/// Gives up every capability, and for what is executed later too.
pub(super) fn drop_all() -> Result<(), Failure> {
    let step = "dropping capabilities";
    let held = rustix::thread::capabilities(None).step(step)?;
    if held.effective.contains(CapabilitySet::SETPCAP) {
        for number in 0..u64::BITS {
            let capability = CapabilitySet::from_bits_retain(1 << number);
            // The first number that the kernel does not know.
            let Ok(bounded) = rustix::thread::capability_is_in_bounding_set(capability) else { break };
            if bounded {
                rustix::thread::remove_capability_from_bounding_set(capability).step(step)?;
            }
        }
    }
    rustix::thread::clear_ambient_capability_set().step(step)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).step(step)
}
