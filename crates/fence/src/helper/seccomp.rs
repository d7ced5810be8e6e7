//! seccomp: system calls that no build, test or script needs and that ways out of fences are made of.

use std::collections::BTreeMap;

use libc::{c_long, c_uint};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter, sock_filter,
};

use super::step::{Failure, Step};
use crate::Level;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refused with "operation not permitted", whatever the arguments.
const REFUSED: &[c_long] = &[
    // Other processes' memory and files.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Kernel keys.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Large doors into the kernel.
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_lookup_dcookie,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    // The file tree.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // Namespaces.
    libc::SYS_setns,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    #[cfg(any(target_arch = "x86_64", target_env = "gnu"))]
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// Refused as if the kernel were too old: runtimes have another way then, and take it.
const UNKNOWN: &[c_long] = &[
    // Its flags lie in memory, where seccomp cannot look.
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

const NEW_NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// In `linux/sched.h`; to `clone` the same bit means something else.
const CLONE_NEWTIME: libc::c_int = 0x80;

/// Installs the filters for good.
/// `landlock_abi` is what already holds.
pub(super) fn restrict(level: Level, network: bool, landlock_abi: i32) -> Result<(), Failure> {
    let step = crate::wire::SECCOMP_STEP;
    let refused = refused(level, network, landlock_abi).step(step)?;
    let unknown = UNKNOWN.iter().map(|call| (*call, Vec::new())).collect();
    for filter in [
        program(refused, libc::EPERM).step(step)?,
        program(unknown, libc::ENOSYS).step(step)?,
        #[cfg(target_arch = "x86_64")]
        x32(),
    ] {
        apply_filter(&filter).step(step)?;
    }
    Ok(())
}

fn program(rules: Rules, errno: libc::c_int) -> Result<BpfProgram, seccompiler::BackendError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let action = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, action, architecture)?.try_into()
}

fn refused(level: Level, network: bool, landlock_abi: i32) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let clone_flags = NEW_NAMESPACES.iter().map(|flag| has_bits(0, *flag)).collect::<Result<Vec<_>, _>>()?;
    let mut unshare_flags = clone_flags.clone();
    unshare_flags.push(has_bits(0, CLONE_NEWTIME)?);
    rules.insert(libc::SYS_clone, clone_flags);
    rules.insert(libc::SYS_unshare, unshare_flags);
    // Typing into the terminal that the fence was started from.
    rules.insert(libc::SYS_ioctl, vec![equals(1, libc::TIOCSTI as u32)?, equals(1, libc::TIOCLINUX as u32)?]);
    match network {
        true => network_sockets(level, landlock_abi, &mut rules)?,
        false => sockets(level, &mut rules)?,
    }
    if level < Level::Namespaces {
        neighbours(&mut rules)?;
    }
    Ok(rules)
}

/// There is no network. Unix sockets by path are harmless where only the workspace's own can be seen; where
/// the machine's are visible, Landlock does not keep a command from connecting to, say, a container engine's,
/// so only connected pairs remain.
fn sockets(level: Level, rules: &mut Rules) -> Result<(), seccompiler::BackendError> {
    let not_unix = differs(0, libc::AF_UNIX)?;
    if level == Level::Namespaces {
        rules.insert(libc::SYS_socket, vec![not_unix.clone()]);
        rules.insert(libc::SYS_socketpair, vec![not_unix]);
    } else {
        for call in [libc::SYS_socket, libc::SYS_connect, libc::SYS_bind, libc::SYS_listen] {
            rules.insert(call, Vec::new());
        }
        rules.insert(libc::SYS_socketpair, connected_pairs_only()?);
    }
    Ok(())
}

fn connected_pairs_only() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    // Either end of a datagram pair may send to any address; the kernel makes a raw one a datagram one.
    let loose = [libc::SOCK_DGRAM, libc::SOCK_RAW];
    let mut pairs = vec![differs(0, libc::AF_UNIX)?];
    for kind in loose {
        pairs.push(masked(1, SOCKET_KIND, kind)?);
    }
    Ok(pairs)
}

/// TCP and UDP of the machine, and nothing else of it. In its network namespace the abstract Unix sockets of
/// every program can be reached by name: where Landlock does not keep them apart, Unix sockets stay closed.
fn network_sockets(
    level: Level,
    landlock_abi: i32,
    rules: &mut Rules,
) -> Result<(), seccompiler::BackendError> {
    let mut families = vec![libc::AF_INET, libc::AF_INET6];
    let unix = level == Level::Namespaces && landlock_abi >= ABSTRACT_SOCKETS_ABI;
    if unix {
        families.push(libc::AF_UNIX);
        rules.insert(libc::SYS_socketpair, vec![differs(0, libc::AF_UNIX)?]);
    } else {
        rules.insert(libc::SYS_socketpair, connected_pairs_only()?);
    }
    let other = families.into_iter().map(|family| not(0, family)).collect::<Result<Vec<_>, _>>()?;
    let mut refused = vec![SeccompRule::new(other)?];
    for kind in [libc::SOCK_RAW, SOCK_PACKET] {
        refused.push(masked(1, SOCKET_KIND, kind)?);
    }
    rules.insert(libc::SYS_socket, refused);
    Ok(())
}

/// An obsolete kind of raw socket that `libc` does not name.
const SOCK_PACKET: libc::c_int = 10;

/// From here on Landlock keeps abstract Unix sockets of others from being connected to.
const ABSTRACT_SOCKETS_ABI: i32 = 6;

/// Where other processes of the user can be seen, they are not to be slowed down, limited, or met in memory that
/// is shared by number.
fn neighbours(rules: &mut Rules) -> Result<(), seccompiler::BackendError> {
    rules.insert(libc::SYS_prlimit64, vec![differs(0, 0)?]);
    rules.insert(libc::SYS_setpriority, vec![differs(1, 0)?]);
    rules.insert(libc::SYS_ioprio_set, vec![differs(1, 0)?]);
    for call in SHARED_BY_NUMBER {
        rules.insert(*call, Vec::new());
    }
    Ok(())
}

/// System V and POSIX shared memory, semaphores and queues.
const SHARED_BY_NUMBER: &[c_long] = &[
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// The kind of a socket, without its flags.
const SOCKET_KIND: libc::c_int = 0xf;

type Condition = Result<SeccompRule, seccompiler::BackendError>;

fn has_bits(argument: u8, bits: libc::c_int) -> Condition {
    masked(argument, bits, bits)
}

fn masked(argument: u8, mask: libc::c_int, value: libc::c_int) -> Condition {
    condition(argument, SeccompCmpOp::MaskedEq(u64::from(mask.cast_unsigned())), value.cast_unsigned())
}

fn equals(argument: u8, value: c_uint) -> Condition {
    condition(argument, SeccompCmpOp::Eq, value)
}

fn differs(argument: u8, value: libc::c_int) -> Condition {
    condition(argument, SeccompCmpOp::Ne, value.cast_unsigned())
}

/// The kernel looks at the lower half of these arguments, and so does the filter.
fn condition(argument: u8, op: SeccompCmpOp, value: u32) -> Condition {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value.into())?])
}

/// One of several conditions that must hold together.
fn not(argument: u8, value: libc::c_int) -> Result<SeccompCondition, seccompiler::BackendError> {
    let value = u64::from(value.cast_unsigned());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

/// The x32 calls of x86-64 kernels: the same architecture to a filter, other numbers. None is allowed.
#[cfg(target_arch = "x86_64")]
fn x32() -> BpfProgram {
    const X32_BIT: u32 = 0x4000_0000;
    /// Offset of the call's number in what the filter sees.
    const NUMBER: u32 = 0;
    let instruction = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
    vec![
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, NUMBER),
        instruction(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, X32_BIT),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs()),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
