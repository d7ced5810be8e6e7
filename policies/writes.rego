# Writing: free inside the workspace, except for deletes and for files that act on the person's own machine later,
# outside any fence.
package bailiwick

allow contains {"rule": "writes.workspace", "message": "writing inside the workspace is allowed"} if {
	builtin_call
	not input.tool.annotations.readOnlyHint
	not runs_command
	count(input.resources.paths) > 0
	stays_inside
	every path in input.resources.paths {
		path.access in {"read", "write"}
	}
}

ask contains {"rule": "deletes.path", "message": sprintf("%s would be deleted", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	path.access == "delete"
}

deny contains {"rule": "deletes.root", "message": "the workspace itself may not be deleted"} if {
	input.point == "tool.call"
	some path in input.resources.paths
	path.access == "delete"
	path.inside == "."
}

# Hooks and filters in .git run when the person next uses git.
deny contains {"rule": "writes.git_internals", "message": sprintf("%s belongs to git itself; use git commands", [name])} if {
	some name in changed
	contains(concat("", [name, "/"]), "/.git/")
}

ask contains {"rule": "writes.automation", "message": sprintf("%s runs by itself later, outside the fence", [name])} if {
	some name in changed
	automation(concat("", [name, "/"]))
}

# Wherever it lies, for a folder can be copied to where it counts; and a folder that such files are copied into, or
# brought along by. One pattern, because a loop over the names takes longer than the rest of a decision.
automation(name) if {
	regex.match(`/(\.circleci|\.devcontainer|\.github/workflows|\.gitlab-ci\.yml|\.husky|\.vscode/(launch|settings|tasks)\.json)/|/\.(github|vscode)/$`, name)
}

# The agent reads AGENTS.md as part of its instructions: it may not rewrite them unseen.
ask contains {"rule": "writes.instructions", "message": sprintf("%s holds the agent's own instructions", [name])} if {
	some name in changed
	strings.any_suffix_match(name, {"/agents.md", "/claude.md", "/gemini.md"})
}

# What the call changes, in lower case (file systems may not tell the difference), the workspace being `/`.
changed := [name |
	input.point == "tool.call"
	some path in input.resources.paths
	may_change(path)
	name := concat("", ["/", lower(path.inside)])
]

may_change(path) if path.access in {"write", "delete"}

# Which of its words a copying command reads and which it writes is not told: all of them count.
may_change(path) if {
	path.access == "unknown"
	command_writes
}

# In the folder that the command runs in, a file can be named by a word that looks like no path.
may_change(path) if {
	path.given == input.arguments.cwd
	command_writes
}

command_writes if {
	some judgement in judged
	judgement.program in {"cp", "less", "mkdir", "mv", "sort", "tee", "touch", "tree", "uniq", "xxd", "yq"}
}

command_writes if {
	some judgement in judged
	judgement.program == "git"
	judgement.command[1] == "mv"
}

# `sed -i`.
command_writes if {
	some judgement in judged
	judgement.program == "sed"
	some word in judgement.command
	startswith(word, "-")
	contains(word, "i")
}
