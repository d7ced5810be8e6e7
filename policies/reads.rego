# Reading: anything in the workspace, nothing outside it.
package bailiwick

allow contains {"rule": "reads.workspace", "message": "reading inside the workspace is allowed"} if {
	builtin_call
	input.tool.annotations.readOnlyHint == true
	not runs_command
	stays_inside
}

# Also for writes and commands: the fence would stop most of it, but a refusal that says why is better than an
# error from the kernel.
deny contains {"rule": "paths.outside", "message": sprintf("%s is outside the workspace", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	path.inside == null
	not harmless_outside(path)
}

# Devices that every script uses.
harmless_outside(path) if path.given in {
	"/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/zero", "/dev/random", "/dev/urandom",
}

# A command may name programs and libraries of the system, which the fence shows read-only. Whether the command itself
# is allowed is for commands.rego to say.
harmless_outside(path) if {
	path.access == "unknown"
	not contains(path.given, "..")
	strings.any_prefix_match(path.given, {"/bin/", "/lib/", "/lib64/", "/sbin/", "/usr/"})
}

# The /tmp of a command is made afresh for it by the fence.
harmless_outside(path) if {
	runs_command
	startswith(path.given, "/tmp/")
	not contains(path.given, "..")
}
