//! Landlock: what of the file tree may be read, executed and written, whatever the file modes say.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
};

use super::step::{Failure, Step};
use super::system_paths::{DEVICES, MACHINE_FACTS, PROGRAMS, RESOLVER, SCRATCH, SETTINGS};
use crate::Level;
use crate::wire::Spec;

/// The newest one these rules were written for; an older kernel gets what it knows.
const KNOWN: ABI = ABI::V7;
/// Where Landlock is the only wall: before it, truncating a file was not controlled.
const ALONE_MIN: ABI = ABI::V3;

/// Returns the ABI in force. Abstract sockets get no exception, and TCP none without the network; seccomp closes
/// what Landlock does not know (UDP, other families).
pub(super) fn restrict(spec: &Spec, temporary: &Path) -> Result<i32, Failure> {
    let step = "closing files with Landlock";
    let everything = AccessFs::from_all(KNOWN);
    let look: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let read_only = spec.read_only.iter().map(|path| &path.source);
    let mut writable: Vec<&Path> = spec.writable.iter().map(|path| path.source.as_path()).collect();
    writable.push(temporary);
    let resolver = spec.network.then_some(RESOLVER);
    // In a tree of its own the command may list everything, and sees only its own processes.
    let (own_proc, own_tree): (&[&str], &[&str]) = match spec.level {
        Level::Namespaces => (&["/proc"], &["/"]),
        Level::Landlock | Level::Limits => (&MACHINE_FACTS, &[]),
    };
    if spec.level == Level::Namespaces {
        writable.extend(SCRATCH.map(Path::new));
    }
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(everything)
        .and_then(|rules| match spec.network {
            true => Ok(rules),
            false => rules.handle_access(AccessNet::from_all(KNOWN)),
        })
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(PROGRAMS, AccessFs::from_read(KNOWN))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(SETTINGS, look)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(resolver, look)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(read_only, AccessFs::from_read(KNOWN))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(own_proc, look)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(own_tree, AccessFs::ReadDir)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(DEVICES, device)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(writable, everything)))
        .and_then(|rules| rules.restrict_self())
        .step(step)?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. }
            if spec.level == Level::Namespaces || effective_abi >= ALONE_MIN =>
        {
            Ok(effective_abi as i32)
        }
        LandlockStatus::Available { effective_abi, .. } => Err(format!(
            "ABI {} cannot keep files from being truncated; ABI {} (Linux 6.2) can",
            effective_abi as i32, ALONE_MIN as i32
        )),
        LandlockStatus::NotEnabled => Err("the kernel has it, and it is switched off at boot".to_owned()),
        LandlockStatus::NotImplemented => Err("the kernel does not have it".to_owned()),
    }
    .step(step)
}
