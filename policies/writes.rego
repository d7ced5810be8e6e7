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
deny contains {"rule": "writes.git_internals", "message": sprintf("%s belongs to git itself; use git commands", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	changes(path)
	regex.match(`(^|/)\.git(/|$)`, lower(path.inside))
}

ask contains {"rule": "writes.automation", "message": sprintf("%s runs by itself later, outside the fence", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	changes(path)
	regex.match(`(^|/)(\.github/workflows/|\.gitlab-ci\.yml$|\.circleci/|\.husky/|\.vscode/(tasks|launch|settings)\.json$|\.devcontainer/)`, lower(path.inside))
}

# The agent reads AGENTS.md as part of its instructions: it may not rewrite them unseen.
ask contains {"rule": "writes.instructions", "message": sprintf("%s holds the agent's own instructions", [path.given])} if {
	input.point == "tool.call"
	some path in input.resources.paths
	changes(path)
	regex.match(`(^|/)(agents|claude|gemini)\.md$`, lower(path.inside))
}

# Outside the workspace nothing is changed anyway.
changes(path) if {
	path.access in {"write", "delete"}
	path.inside != null
}
