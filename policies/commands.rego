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
kind(command, program) := "unknown" if {
	program in {"git", "gradle", "make", "mvn", "printf", "sed", "sort"}
	does_more(command, program)
} else := "known" if {
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

# Options by which a known command runs a program, or reads or writes a file that the call does not name.
does_more(command, "sort") if {
	some word in command
	regex.match(`^--(co|fil)`, word)
}

# In bash it sets a variable, PATH among them.
does_more(command, "printf") if command[1] == "-v"

# `git diff --output`, `git grep --open-files-in-pager`, `git init --template` and their abbreviations.
does_more(command, "git") if strings.any_prefix_match(command, {"--ext-", "--op", "--ou", "--sep", "--tem", "--textc"})

does_more(command, "git") if {
	command[1] == "grep"
	some word in command
	regex.match(`^-[a-zA-Z]*O`, word)
}

# `make test deploy`: each of the goals counts.
does_more(command, program) if {
	program in {"gradle", "make", "mvn"}
	some word in array.slice(command, 2, count(command))
	not startswith(word, "-")
	not contains(word, "=")
	not word in known_subcommands[program]
}

# Commands of sed can run programs (`e`) and open files (`r`, `w`), with no space before the name.
does_more(command, "sed") if {
	some word in array.slice(command, 1, count(command))
	startswith(word, "-")
	not regex.match(`^(-|--|-[nErsuz]*(e|i|i\.[a-z0-9]+|[nErsuz])|--(in-place|quiet|silent|regexp-extended|null-data|separate))$`, word)
}

does_more(command, "sed") if {
	some i, word in command
	gives_script(word)
	not harmless_script(command[i + 1])
}

does_more(command, "sed") if {
	every word in command {
		not gives_script(word)
	}
	scripts := [word | some word in array.slice(command, 1, count(command)); not startswith(word, "-")]
	not harmless_script(scripts[0])
}

gives_script(word) if regex.match(`^-[nErsuz]*e$`, word)

# Addresses and commands that only change the text that passes by: `10,20p`, `/a/,/b/d`, `s/a/b/g`, `:a;N;$!ba`.
harmless_script(text) if {
	regex.match(`^([\s;}]*(([0-9]+(~[0-9]+)?|\$|/([^/\\\n]|\\.)*/I?)(,[ +~]?([0-9]+(~[0-9]+)?|\$|/([^/\\\n]|\\.)*/I?))?[ !]*)?(\{|([=dDgGhHnNpPxz]|[qQ][0-9]*|[bt] ?[a-zA-Z0-9_]*|:[a-zA-Z0-9_]+|[aic]\\?[^\n]*|[sy](/([^/\\\n]|\\.)*/([^/\\\n]|\\.)*/|\|([^|\\\n]|\\.)*\|([^|\\\n]|\\.)*\||#([^#\\\n]|\\.)*#([^#\\\n]|\\.)*#|,([^,\\\n]|\\.)*,([^,\\\n]|\\.)*,|@([^@\\\n]|\\.)*@([^@\\\n]|\\.)*@|:([^:\\\n]|\\.)*:([^:\\\n]|\\.)*:)[gpiIm0-9]*)[ \t]*([;\n}]|$)))*[\s;}]*$`, text)
}

# `mv x /tmp` deletes: the /tmp of a command is gone when it ends.
ask contains {"rule": "commands.destructive", "message": sprintf("`%s` may move work to a place that is thrown away", [judgement.line])} if {
	some judgement in judged
	judgement.program == "mv"
	some path in input.resources.paths
	path.inside == null
	startswith(path.given, "/")
	not path.given in {"/dev/stderr", "/dev/stdout"}
	not null_beside(path, judgement)
}

# `mv a b 2>/dev/null`
null_beside(path, judgement) if {
	path.given == "/dev/null"
	not path.given in judgement.command
}

throws_away(command, "git") if {
	command[1] in {
		"checkout", "clean", "filter-branch", "gc", "prune", "rebase", "reflog", "reset", "restore", "rm", "stash",
		"switch", "update-ref", "worktree",
	}
}

# `git branch -D x`, `git tag -d x`, `git branch -rd x`; git also takes the beginning of a long option.
throws_away(command, "git") if {
	command[1] == "branch"
	some word in command
	regex.match(`^(-[a-zA-Z]*[dDfmMC]|--(d|forc|mo))`, word)
}

throws_away(command, "git") if {
	command[1] == "tag"
	some word in command
	regex.match(`^(-[a-ln-zA-Z]*[df]|--(d|forc))`, word)
}

throws_away(command, "git") if {
	command[1] == "commit"
	some word in command
	startswith(word, "--am")
}

throws_away(command, "find") if {
	some word in command
	word in {"-delete", "-fls", "-fprint", "-fprint0", "-fprintf", "-ok", "-okdir"}
}

# The file name of the program, so that /usr/bin/git is git. A program inside the
# workspace has no name here: ./ls is not ls.
program(command) := name if {
	name := command[0]
	not contains(name, "/")
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
