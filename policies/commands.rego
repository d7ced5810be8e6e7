# Commands: known ones run, unknown ones ask, and some are refused.
#
# A command runs in the fence: no network, nothing of the home folder, an environment without secrets. So "known" here
# means that it does what a developer expects inside the workspace; it does not mean that it could do no harm to the
# workspace, which is what checkpoints and git are for.
package bailiwick

allow contains {"rule": "commands.known", "message": "the command is known and runs in the fence"} if {
	builtin_call
	count(judged) > 0
	input.resources.opaque == false
	every judgement in judged {
		judgement.kind == "known"
	}
}

ask contains {"rule": "commands.unknown", "message": sprintf("`%s` is not on the list of known commands", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "unknown"
}

ask contains {"rule": "commands.outward", "message": sprintf("`%s` reaches out of this machine", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "outward"
}

ask contains {"rule": "commands.destructive", "message": sprintf("`%s` deletes or throws away work", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "destructive"
}

ask contains {"rule": "commands.opaque", "message": "the command is built while it runs, so what it will do cannot be told beforehand"} if {
	input.point == "tool.call"
	input.resources.opaque == true
}

deny contains {"rule": "commands.privilege", "message": sprintf("`%s` asks for another user's rights, which the agent does not get", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "privilege"
}

deny contains {"rule": "commands.system", "message": sprintf("`%s` works on the machine, not on the workspace", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "system"
}

# `rm -rf .` and its spellings: the root of the workspace is among the words of a deleting command.
deny contains {"rule": "commands.remove_root", "message": sprintf("`%s` would delete the workspace itself", [judgement.line])} if {
	some judgement in judged
	judgement.kind == "destructive"
	some path in input.resources.paths
	path.inside == "."
	path.given in judgement.command
	judgement.program in {"rm", "rmdir", "shred", "unlink"}
}

# Each command of the call with what kind of command it is, worked out once for all the rules.
judged := [judgement |
	input.point == "tool.call"
	some command in input.resources.commands
	name := program(command)
	judgement := {"command": command, "program": name, "line": concat(" ", command), "kind": kind(command, name)}
]

# The first that fits counts.
kind(command, program) := "known" if {
	program in plain_programs
} else := "privilege" if {
	program in {"sudo", "su", "doas", "pkexec", "runuser"}
} else := "system" if {
	program in system_programs
} else := "outward" if {
	program in outward_programs
} else := "destructive" if {
	program in {"dd", "rm", "rmdir", "shred", "truncate", "unlink"}
} else := "destructive" if {
	program in {"find", "git"}
	throws_away(command, program)
} else := kind_of_subcommand(command, program)

# By the word after the program. A flag in that place (`git -c …`, `cargo --config …`) makes the command an unknown one.
kind_of_subcommand(command, program) := "known" if {
	command[1] in known_subcommands[program]
} else := "outward" if {
	command[1] in outward_subcommands[program]
} else := "destructive" if {
	command[1] in {"clean", "distclean"}
	program in {"cargo", "make", "just", "npm"}
} else := "known" if {
	well_known(command, program)
} else := "unknown"

# `rustc --version` and the like.
well_known(command, program) if {
	count(command) == 2
	command[1] in {"--version", "-V", "--help"}
	program != ""
}

# `python -m pytest`.
well_known(command, program) if {
	program in {"python", "python3"}
	command[1] == "-m"
	command[2] in {"pytest", "unittest", "mypy", "compileall", "json.tool"}
}

# `npm run test`, `pnpm run build`.
well_known(command, program) if {
	program in {"npm", "pnpm", "yarn", "bun"}
	command[1] in {"run", "run-script"}
	command[2] in {"test", "build", "lint", "check", "typecheck", "format", "fmt"}
}

# A shell, when what it runs is listed as commands of its own.
well_known(command, program) if {
	program in {"sh", "bash", "dash", "ksh", "zsh"}
	count(command) == 2
	command[1] == "-c"
}

# `find` that only finds. What -exec runs is listed as a command of its own.
well_known(_, program) if program == "find"

throws_away(command, "git") if {
	command[1] in {
		"checkout", "clean", "filter-branch", "gc", "prune", "rebase", "reflog", "reset", "restore", "rm", "stash",
		"switch", "update-ref", "worktree",
	}
}

# `git branch -D x`, `git tag -d x`.
throws_away(command, "git") if {
	command[1] in {"branch", "tag"}
	some word in command
	word in {"-d", "-D", "-f", "-m", "-M", "--delete", "--force", "--move"}
}

throws_away(command, "git") if {
	command[1] == "commit"
	"--amend" in command
}

throws_away(command, "find") if {
	some word in command
	word in {"-delete", "-fls", "-fprint", "-fprint0", "-fprintf", "-ok", "-okdir"}
}

# The file name of the program, so that /usr/bin/git is git. A program inside the
# workspace has no name here: ./ls is not ls.
program(command) := command[0] if {
	not contains(command[0], "/")
} else := name if {
	strings.any_prefix_match(command[0], {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
	not contains(command[0], "..")
	parts := split(command[0], "/")
	name := parts[count(parts) - 1]
} else := ""

# Programs that need no look at their arguments: paths outside the workspace and secrets are stopped elsewhere. Among
# them are wrappers like `timeout`: what they run is listed as a command of its own.
plain_programs := {
	":", "[", "basename", "black", "builtin", "cat", "cd", "cksum", "clang-format", "cmp", "column", "comm", "command",
	"cp", "cut", "date", "df", "diff", "dirname", "du", "echo", "egrep", "env", "eslint", "exec", "expand", "expr",
	"false", "fd", "fgrep", "file", "fmt", "fold", "gofmt", "grep", "head", "hexdump", "ionice", "isort", "jest",
	"join", "jq", "less", "ls", "md5sum", "mkdir", "more", "mv", "mypy", "nice", "nl", "nohup", "od", "paste",
	"prettier", "printf", "pwd", "pyflakes", "pylint", "pytest", "readlink", "realpath", "rev", "rg", "ruff", "rustfmt",
	"sed", "seq", "setsid", "sha1sum", "sha256sum", "shellcheck", "sleep", "sort", "stat", "stdbuf", "strings", "tac",
	"tail", "tee", "test", "time", "timeout", "touch", "tr", "tree", "true", "tsc", "type", "uname", "uniq", "vitest",
	"wc", "which", "whoami", "xargs", "xxd", "yes", "yq",
}

known_subcommands := {
	"bundle": {"list", "show"},
	"cargo": {"b", "bench", "build", "c", "check", "clippy", "doc", "fmt", "metadata", "nextest", "t", "test", "tree"},
	"cmake": {"--build"},
	"deno": {"check", "fmt", "lint", "test"},
	"dotnet": {"build", "format", "test"},
	"git": {
		"add", "blame", "branch", "cat-file", "check-ignore", "commit", "describe", "diff", "grep", "init", "log",
		"ls-files", "ls-tree", "merge-base", "mv", "name-rev", "rev-list", "rev-parse", "shortlog", "show", "status",
		"tag", "whatchanged",
	},
	"go": {"build", "doc", "env", "fmt", "list", "test", "version", "vet"},
	"gradle": {"build", "check", "test"},
	"just": {"build", "check", "fmt", "lint", "test", "--list"},
	"make": {"all", "build", "check", "fmt", "format", "lint", "test", "tests", "-n"},
	"mvn": {"compile", "test", "verify"},
	"node": {"--check", "--test"},
	"npm": {"ls", "list", "t", "test"},
	"pip": {"check", "freeze", "list", "show"},
	"pip3": {"check", "freeze", "list", "show"},
	"pnpm": {"list", "ls", "t", "test"},
	"yarn": {"list", "test"},
	"zig": {"build", "fmt", "test"},
}

outward_programs := {
	"aws", "az", "curl", "dig", "docker", "firebase", "flyctl", "ftp", "gcloud", "gh", "glab", "helm", "heroku", "http",
	"kubectl", "mail", "mosh", "nc", "ncat", "netcat", "npx", "nslookup", "ping", "podman", "rclone", "rsync", "scp",
	"sendmail", "sftp", "socat", "ssh", "telnet", "terraform", "vercel", "wget",
}

outward_subcommands := {
	"bundle": {"install", "update"},
	"cargo": {"fetch", "install", "login", "owner", "publish", "search", "update", "yank"},
	"gem": {"install", "push"},
	"git": {"clone", "fetch", "ls-remote", "pull", "push", "remote", "request-pull", "send-email", "submodule"},
	"go": {"get", "install"},
	"npm": {"add", "ci", "exec", "i", "install", "login", "publish", "unpublish", "update"},
	"pip": {"download", "install"},
	"pip3": {"download", "install"},
	"pnpm": {"add", "dlx", "i", "install", "publish", "update"},
	"poetry": {"add", "install", "publish", "update"},
	"twine": {"upload"},
	"uv": {"add", "pip", "publish", "sync"},
	"yarn": {"add", "dlx", "install", "npm", "publish"},
}

system_programs := {
	"chroot", "fdisk", "halt", "init", "insmod", "iptables", "kexec", "losetup", "mkfs", "modprobe", "mount", "nft",
	"poweroff", "reboot", "rmmod", "shutdown", "swapoff", "swapon", "sysctl", "systemctl", "umount", "useradd", "usermod",
}
