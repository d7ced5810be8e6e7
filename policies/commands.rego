# Commands: known ones run, unknown ones ask, and some are refused.
#
# A command runs in the fence: no network, nothing of the home folder, an environment without secrets. So "known" here
# means that it does what a developer expects inside the workspace; it does not mean that it could do no harm to the
# workspace, which is what checkpoints and git are for.
package bailiwick

allow contains {"rule": "commands.known", "message": "the command is known and runs in the fence"} if {
	builtin_call
	count(input.resources.commands) > 0
	input.resources.opaque == false
	every command in input.resources.commands {
		known(command)
	}
}

ask contains {"rule": "commands.unknown", "message": sprintf("`%s` is not on the list of known commands", [concat(" ", command)])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	not known(command)
	not outward(command)
	not destructive(command)
}

ask contains {"rule": "commands.opaque", "message": "the command is built while it runs, so what it will do cannot be told beforehand"} if {
	input.point == "tool.call"
	input.resources.opaque == true
}

ask contains {"rule": "commands.outward", "message": sprintf("`%s` reaches out of this machine", [concat(" ", command)])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	outward(command)
}

ask contains {"rule": "commands.destructive", "message": sprintf("`%s` deletes or throws away work", [concat(" ", command)])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	destructive(command)
}

deny contains {"rule": "commands.privilege", "message": sprintf("%s asks for another user's rights, which the agent does not get", [command[0]])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	program(command) in {"sudo", "su", "doas", "pkexec", "runuser"}
}

deny contains {"rule": "commands.system", "message": sprintf("%s works on the machine, not on the workspace", [command[0]])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	program(command) in system_programs
}

# `rm -rf .` and its spellings: the root of the workspace is among the words of a deleting command.
deny contains {"rule": "commands.remove_root", "message": sprintf("`%s` would delete the workspace itself", [concat(" ", command)])} if {
	input.point == "tool.call"
	some command in input.resources.commands
	program(command) in {"rm", "rmdir", "shred", "unlink"}
	some path in input.resources.paths
	path.inside == "."
	path.given in command
}

# The file name of the program, so that /usr/bin/git is git. A program inside the workspace keeps its path: ./ls is
# not ls.
program(command) := command[0] if {
	not contains(command[0], "/")
} else := name if {
	strings.any_prefix_match(command[0], {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
	not contains(command[0], "..")
	parts := split(command[0], "/")
	name := parts[count(parts) - 1]
}

# First word after the program. A flag in that place (`git -c …`, `cargo --config …`) makes the command an unknown one.
subcommand(command) := command[1]

known(command) if {
	program(command) in plain_programs
}

known(command) if {
	subcommand(command) in known_subcommands[program(command)]
	not destructive(command)
}

# `rustc --version` and the like.
known(command) if {
	count(command) == 2
	program(command)
	command[1] in {"--version", "-V", "--help"}
}

# `python -m pytest`.
known(command) if {
	program(command) in {"python", "python3"}
	command[1] == "-m"
	command[2] in {"pytest", "unittest", "mypy", "compileall", "json.tool"}
}

# `npm run test`, `pnpm run build`.
known(command) if {
	program(command) in {"npm", "pnpm", "yarn", "bun"}
	command[1] in {"run", "run-script"}
	command[2] in {"test", "build", "lint", "check", "typecheck", "format", "fmt"}
}

# `find` that only finds. What -exec runs is listed as a command of its own.
known(command) if {
	program(command) == "find"
	not destructive(command)
}

# Programs that need no look at their arguments: paths outside the workspace and secrets are stopped elsewhere.
plain_programs := {
	"[", "basename", "black", "cat", "cd", "cksum", "clang-format", "cmp", "column", "comm", "cp", "cut", "date", "df",
	"diff", "dirname", "du", "echo", "egrep", "eslint", "expand", "expr", "false", "fd", "fgrep", "file", "fmt", "fold",
	"gofmt", "grep", "head", "hexdump", "isort", "jest", "join", "jq", "less", "ls", "md5sum", "mkdir", "more", "mv",
	"mypy", "nl", "od", "paste", "prettier", "printf", "pwd", "pyflakes", "pylint", "pytest", "readlink", "realpath",
	"rev", "rg", "ruff", "rustfmt", "sed", "seq", "sha1sum", "sha256sum", "shellcheck", "sleep", "sort", "stat",
	"strings", "tac", "tail", "tee", "test", "time", "touch", "tr", "tree", "true", "tsc", "type", "uname", "uniq",
	"vitest", "wc", "which", "whoami", "xxd", "yq", "yes", ":",
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

outward(command) if {
	program(command) in {
		"aws", "az", "curl", "docker", "firebase", "flyctl", "ftp", "gcloud", "gh", "glab", "helm", "heroku", "http",
		"kubectl", "mail", "mosh", "nc", "ncat", "netcat", "npx", "nslookup", "dig", "ping", "podman", "rclone", "rsync",
		"scp", "sendmail", "sftp", "socat", "ssh", "telnet", "terraform", "vercel", "wget",
	}
}

outward(command) if {
	subcommand(command) in outward_subcommands[program(command)]
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

destructive(command) if {
	program(command) in {"dd", "rm", "rmdir", "shred", "truncate", "unlink"}
}

destructive(command) if {
	program(command) == "git"
	subcommand(command) in {
		"checkout", "clean", "filter-branch", "gc", "prune", "rebase", "reflog", "reset", "restore", "rm", "stash",
		"switch", "update-ref", "worktree",
	}
}

# `git branch -D x`, `git tag -d x`, `git commit --amend`.
destructive(command) if {
	program(command) == "git"
	subcommand(command) in {"branch", "commit", "tag"}
	some word in command
	word in {"-d", "-D", "-f", "-m", "-M", "--amend", "--delete", "--force", "--move"}
	not commit_message(command, word)
}

destructive(command) if {
	program(command) == "find"
	some word in command
	word in {"-delete", "-fls", "-fprint", "-fprint0", "-fprintf", "-ok", "-okdir"}
}

destructive(command) if {
	program(command) in {"cargo", "make", "just", "npm"}
	subcommand(command) in {"clean", "distclean"}
}

# `git commit -m …` writes a message, where `git branch -m …` renames.
commit_message(command, word) if {
	subcommand(command) == "commit"
	word in {"-m", "-M", "-d", "-D"}
}

system_programs := {
	"chroot", "fdisk", "halt", "init", "insmod", "iptables", "kexec", "losetup", "mkfs", "modprobe", "mount", "nft",
	"poweroff", "reboot", "rmmod", "shutdown", "swapoff", "swapon", "sysctl", "systemctl", "umount", "useradd", "usermod",
}
