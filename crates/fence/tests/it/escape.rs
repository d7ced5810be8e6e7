//! What each level stops, as a table. A hole that is known is written down as one: when it closes, or when
//! another opens, this fails, and the table in the crate's documentation has to follow.

use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fence::Level;
use libtest_mimic::Trial;

use crate::attempts::{self, Attempt, Situation, files, kernel, network, processes};
use crate::place::{LEVELS, Place, at};

/// Set in the test's own environment.
pub const CANARY_VARIABLE: &str = "BAILIWICK_TEST_CANARY_TOKEN";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Stopped,
    /// Gets through, and the documentation says so.
    Open,
    /// Nothing is promised: it depends on the kernel's settings or the user.
    Unpromised,
    /// Would harm the machine, or get nowhere without telling anything.
    NotTried,
}
use Verdict::{NotTried, Open, Stopped, Unpromised};

pub struct Case {
    pub name: &'static str,
    pub attempt: Attempt,
    /// At levels namespaces, landlock, limits.
    verdicts: [Verdict; 3],
    /// Seen from outside, where the prisoner may believe that it got through.
    happened: Option<fn(&Place, &Situation) -> bool>,
}

const fn case(name: &'static str, attempt: Attempt, verdicts: [Verdict; 3]) -> Case {
    Case { name, attempt, verdicts, happened: None }
}

const fn seen(case: Case, happened: fn(&Place, &Situation) -> bool) -> Case {
    Case { happened: Some(happened), ..case }
}

pub const CASES: &[Case] = &[
    case("read_a_file_outside", files::read, [Stopped, Stopped, Open]),
    case("list_a_folder_outside", files::list, [Stopped, Stopped, Open]),
    case("look_at_metadata_outside", files::look_at_metadata, [Stopped, Open, Open]),
    case("create_a_file_outside", files::create, [Stopped, Stopped, Open]),
    case("append_to_a_file_outside", files::append, [Stopped, Stopped, Open]),
    case("truncate_a_file_outside", files::truncate, [Stopped, Stopped, Open]),
    case("truncate_while_opening_to_read", files::open_to_read_and_truncate, [Stopped, Stopped, Open]),
    case("delete_a_file_outside", files::delete, [Stopped, Stopped, Open]),
    case("change_the_mode_of_a_file_outside", files::change_mode, [Stopped, Open, Open]),
    case("execute_a_program_outside", files::execute, [Stopped, Stopped, Open]),
    case("read_through_a_symlink", files::through_a_symlink, [Stopped, Stopped, Open]),
    case("read_through_dots", files::through_dots, [Stopped, Stopped, Open]),
    case("hard_link_a_file_in", files::hard_link_in, [Stopped, Stopped, Open]),
    case("rename_a_file_in", files::rename_in, [Stopped, Stopped, Open]),
    case("rename_a_file_out", files::rename_out, [Stopped, Stopped, Open]),
    seen(case("write_to_everybodys_tmp", files::write_to_everybodys_tmp, [Stopped, Stopped, Open]), in_tmp),
    seen(
        case("write_to_shared_memory", files::write_to_shared_memory, [Stopped, Stopped, Open]),
        in_shared_memory,
    ),
    case("write_among_programs", files::write_among_programs, [Stopped, Stopped, NotTried]),
    case("write_among_settings", files::write_among_settings, [Stopped, Stopped, NotTried]),
    case(
        "change_a_read_only_path",
        files::change_mode_of_a_read_only_path,
        [Stopped, Unpromised, Unpromised],
    ),
    case("read_password_hashes", files::read_password_hashes, [Stopped, Stopped, Unpromised]),
    case("open_a_kernel_setting", files::open_a_kernel_setting, [Stopped, Stopped, Unpromised]),
    case("read_the_kernel_log", files::read_the_kernel_log, [Stopped, Stopped, Unpromised]),
    case("make_a_device", files::make_a_device, [Stopped, Stopped, Stopped]),
    case("name_a_file_by_handle", files::open_by_handle, [Stopped, Stopped, Unpromised]),
    case("read_through_the_first_process", files::through_the_first_process, [Stopped, Stopped, Unpromised]),
    case("read_through_the_watcher", files::through_the_watcher, [Stopped, Stopped, Unpromised]),
    case("read_through_the_program", files::through_the_program, [Stopped, Stopped, Unpromised]),
    case("add_a_git_hook", files::add_a_git_hook, [Stopped, Open, Open]),
    case("change_git_settings", files::change_git_settings, [Stopped, Open, Open]),
    case("write_git_settings", files::write_git_settings, [Stopped, Open, Open]),
    case("replace_the_git_folder", files::replace_the_git_folder, [Stopped, Open, Open]),
    case("gain_privileges_by_setuid", files::find_a_setuid_way, [Stopped, Stopped, Stopped]),
    case("kill_a_process", processes::kill, [Stopped, Stopped, Open]),
    case("kill_the_watcher", processes::kill_the_watcher, [Stopped, Stopped, NotTried]),
    case("trace_a_process", processes::trace, [Stopped, Stopped, Unpromised]),
    case("let_oneself_be_traced", processes::trace_a_child, [Stopped, Stopped, Unpromised]),
    case("read_memory", processes::read_memory, [Stopped, Stopped, Unpromised]),
    case("read_memory_by_call", processes::read_memory_by_call, [Stopped, Stopped, Unpromised]),
    case("read_the_programs_environment", processes::read_environment, [Stopped, Stopped, Unpromised]),
    case("read_the_programs_command_line", processes::read_command_line, [Stopped, Stopped, Open]),
    case("take_a_descriptor", processes::take_a_descriptor, [Stopped, Stopped, Unpromised]),
    case("attach_shared_memory", processes::attach_shared_memory, [Stopped, Stopped, Open]),
    case("limit_another_process", processes::limit_another_process, [Stopped, Stopped, Unpromised]),
    case("slow_another_process", processes::slow_another_process, [Stopped, Stopped, Unpromised]),
    case("use_an_inherited_descriptor", processes::use_an_inherited_descriptor, [Stopped, Stopped, Stopped]),
    case(
        "find_a_secret_in_the_environment",
        processes::find_a_secret_in_the_environment,
        [Stopped, Stopped, Stopped],
    ),
    case("open_the_terminal", processes::open_the_terminal, [Stopped, Stopped, Stopped]),
    case("type_into_the_terminal", processes::type_into_the_terminal, [Stopped, Stopped, Open]),
    case("dump_core", processes::dump_core, [Stopped, Stopped, Stopped]),
    case("connect_by_tcp", network::tcp, [Stopped, Stopped, Open]),
    case("send_by_udp", network::udp, [Stopped, Stopped, Open]),
    case("listen", network::listen, [Stopped, Stopped, Open]),
    case("ask_for_a_name", network::ask_for_a_name, [Stopped, Stopped, NotTried]),
    case("connect_to_an_abstract_socket", network::abstract_socket, [Stopped, Stopped, Open]),
    case("connect_to_a_socket_outside", network::socket_outside, [Stopped, Stopped, Open]),
    case("send_from_a_datagram_pair", network::datagram_pair, [Stopped, Stopped, Open]),
    case("open_a_raw_socket", network::raw, [Stopped, Stopped, Stopped]),
    case("open_a_packet_socket", network::packet, [Stopped, Stopped, Stopped]),
    case("open_a_vsock", network::vsock, [Stopped, Stopped, Unpromised]),
    case("open_a_netlink_socket", network::netlink, [Stopped, Stopped, Open]),
    case("io_uring", kernel::io_uring, [Stopped, Stopped, Unpromised]),
    case("new_user_namespace", kernel::user_namespace, [Stopped, Stopped, Unpromised]),
    case("new_namespace_by_clone", kernel::network_namespace_by_clone, [Stopped, Stopped, Unpromised]),
    case("clone3", kernel::clone3, [Stopped, Stopped, Unpromised]),
    case("enter_a_namespace", kernel::enter_a_namespace, [Stopped, Stopped, Unpromised]),
    case("mount", kernel::mount, [Stopped, Stopped, Stopped]),
    case("open_tree", kernel::open_tree, [Stopped, Stopped, Unpromised]),
    case("chroot", kernel::chroot, [Stopped, Stopped, Stopped]),
    case("kernel_keys", kernel::keys, [Stopped, Stopped, Unpromised]),
    case("page_faults_by_hand", kernel::page_faults, [Stopped, Stopped, Unpromised]),
    case("bpf", kernel::bpf, [Stopped, Stopped, Unpromised]),
    case("performance_counters", kernel::performance_counters, [Stopped, Stopped, Unpromised]),
    case("load_a_module", kernel::load_a_module, [Stopped, Stopped, Unpromised]),
    case("name_the_host", kernel::name_the_host, [Stopped, Stopped, Stopped]),
    case("x32_numbers", kernel::x32_numbers, [Stopped, Stopped, Unpromised]),
    case("i386_calls", kernel::i386_calls, [Stopped, Stopped, Unpromised]),
];

fn in_tmp(_: &Place, at: &Situation) -> bool {
    std::fs::remove_file(Path::new("/tmp").join(&at.unique)).is_ok()
}

fn in_shared_memory(_: &Place, at: &Situation) -> bool {
    std::fs::remove_file(Path::new("/dev/shm").join(&at.unique)).is_ok()
}

/// What a prisoner runs as: all are to find the same doors closed, but for those to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prisoner {
    Command,
    Server,
    ServerWithNetwork,
}

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for case in CASES {
        for (level, verdict) in LEVELS.into_iter().zip(case.verdicts) {
            for prisoner in [Prisoner::Command, Prisoner::Server, Prisoner::ServerWithNetwork] {
                let verdict = match case.name {
                    "connect_by_tcp" | "send_by_udp" | "listen"
                        if prisoner == Prisoner::ServerWithNetwork =>
                    {
                        Open
                    }
                    // Asks whoever this machine asks, which in tests is mostly nobody.
                    "ask_for_a_name" if prisoner == Prisoner::ServerWithNetwork => NotTried,
                    _ => verdict,
                };
                // Without walls there is nothing in which the three could differ.
                let differs = level > Level::Limits || prisoner == Prisoner::Command;
                if verdict != NotTried && differs {
                    let name = format!("escape::{prisoner:?}::{}", case.name);
                    trials.push(at(level, &name, move |level| try_to_escape(case, level, prisoner, verdict)));
                }
            }
        }
    }
    trials
}

async fn try_to_escape(case: &'static Case, level: Level, prisoner: Prisoner, expected: Verdict) {
    let place = Place::shared(level);
    let outside = Outside::new(&place);
    let program = std::env::current_exe().unwrap();
    let argv = [program.to_str().unwrap(), attempts::ARGUMENT, case.name];
    let situation = serde_json::to_string(&outside.situation).unwrap();
    let environment = [(attempts::SITUATION.to_owned(), situation)].into();
    let ran = match prisoner {
        Prisoner::Command => place.run(fence::Command { environment, ..place.command(&argv) }).await.unwrap(),
        Prisoner::Server | Prisoner::ServerWithNetwork => {
            let server = fence::ServerCommand {
                environment,
                write: vec![place.workspace.clone()],
                network: prisoner == Prisoner::ServerWithNetwork,
                ..place.server(&argv)
            };
            place.serve_to_the_end(server).await.unwrap()
        }
    };
    let says_open = match ran.stdout.lines().last() {
        Some("open") => true,
        Some(line) if line.starts_with("stopped: ") => false,
        // Ended in the attempt; anything else is a fault of the prisoner's.
        _ => {
            assert!(ran.exit.signal.is_some(), "the prisoner gave no answer: {ran:?}");
            false
        }
    };
    let open = match case.happened {
        Some(happened) => happened(&place, &outside.situation),
        None => says_open,
    };
    let found = if open { Open } else { Stopped };
    assert!(expected == Unpromised || found == expected, "{found:?}, expected {expected:?}: {ran:?}");
}

/// All that a prisoner could get at, closed and removed at the end.
struct Outside {
    situation: Situation,
    victim: Child,
    _listeners: (TcpListener, UdpSocket, UnixListener, UnixListener),
    /// Open and inheritable, as a careless library leaves one.
    _inheritable: OwnedFd,
}

impl Outside {
    fn new(place: &Place) -> Self {
        let outside = &place.outside;
        std::fs::write(outside.join("secret"), "canary").unwrap();
        std::fs::copy("/bin/true", outside.join("tool")).unwrap();
        plant_git(&place.workspace);
        let victim = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
        let unique = format!("bailiwick-test-{}", victim.id());
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        // SAFETY: makes a segment, removed when this is dropped.
        let shared_memory = unsafe { libc::shmget(libc::IPC_PRIVATE, 4096, 0o600) };
        assert!(shared_memory >= 0, "{}", std::io::Error::last_os_error());
        let abstract_name = SocketAddr::from_abstract_name(&unique).unwrap();
        let situation = Situation {
            workspace: place.workspace.clone(),
            outside: outside.clone(),
            program: std::process::id().cast_signed(),
            victim: victim.id().cast_signed(),
            shared_memory,
            tcp_port: tcp.local_addr().unwrap().port(),
            udp_port: udp.local_addr().unwrap().port(),
            abstract_socket: unique.clone(),
            canary_variable: CANARY_VARIABLE.to_owned(),
            unique,
        };
        let path_socket = UnixListener::bind(outside.join("socket")).unwrap();
        let abstract_socket = UnixListener::bind_addr(&abstract_name).unwrap();
        let file = std::fs::File::open(outside.join("secret")).unwrap().into_raw_fd();
        // SAFETY: the descriptor is ours; the copy is owned by what we return.
        let inheritable = unsafe {
            let copy = libc::dup(file);
            libc::close(file);
            OwnedFd::from_raw_fd(copy)
        };
        Self {
            situation,
            victim,
            _listeners: (tcp, udp, path_socket, abstract_socket),
            _inheritable: inheritable,
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // An attempt may have been faster.
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        // SAFETY: removes our segment.
        unsafe { libc::shmctl(self.situation.shared_memory, libc::IPC_RMID, std::ptr::null_mut()) };
    }
}

/// What `git init` makes of a workspace, as far as git needs it.
fn plant_git(workspace: &Path) {
    let git = workspace.join(".git");
    for folder in ["hooks", "objects", "refs/heads"] {
        std::fs::create_dir_all(git.join(folder)).unwrap();
    }
    std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let mut config = std::fs::File::create(git.join("config")).unwrap();
    config.write_all(b"[core]\n\trepositoryformatversion = 0\n").unwrap();
}
