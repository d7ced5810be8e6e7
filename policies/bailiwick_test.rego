package bailiwick_test

import data.bailiwick

# What each test begins with: a call of the built-in toolbox that names nothing. Tests replace parts of it.
call(tool, resources) := {
	"point": "tool.call",
	"tenant": {"id": "local", "plan": "desk"},
	"principal": {"id": "p", "kind": "agent", "roles": []},
	"task": {"id": "t", "step": 1, "cost_usd": 0, "labels": []},
	"server": {"name": "workspace", "kind": "builtin"},
	"tool": object.union({"name": "a_tool", "annotations": {}, "digest": "sha256:00", "pinned": true}, tool),
	"arguments": {},
	"resources": object.union({"paths": [], "hosts": [], "commands": [], "opaque": false}, resources),
}

reader := {"annotations": {"readOnlyHint": true}}

writer := {"annotations": {"readOnlyHint": false, "destructiveHint": true}}

# A path as it is given, taken for one inside the workspace.
inside(given, access) := {"paths": [{"given": given, "inside": given, "access": access}]}

outside(given, access) := {"paths": [{"given": given, "inside": null, "access": access}]}

running(commands) := call(writer, {"commands": commands})

rules(reasons) := {reason.rule | some reason in reasons}

test_silence_is_deny if {
	question := call(writer, {})
	bailiwick.verdict == "deny" with input as question
	count(bailiwick.deny) == 0 with input as question
}

test_an_unknown_point_is_denied if {
	bailiwick.verdict == "deny" with input as object.union(call(reader, {}), {"point": "tool.dream"})
}

test_listing_tools_is_allowed if {
	bailiwick.verdict == "allow" with input as object.union(call(reader, {}), {"point": "tools.list"})
}

test_foreign_tools_ask if {
	question := object.union(call(reader, {}), {"server": {"name": "tickets", "kind": "http"}})
	bailiwick.verdict == "ask" with input as question
	rules(bailiwick.ask) == {"tools.foreign"} with input as question
}

test_what_a_foreign_tool_says_of_itself_is_not_believed if {
	question := object.union(call(reader, inside("a.txt", "read")), {"server": {"name": "x", "kind": "stdio"}})
	count(bailiwick.allow) == 0 with input as question
}

test_unpinned_tools_ask if {
	question := call(object.union(reader, {"pinned": false}), inside("a.txt", "read"))
	bailiwick.verdict == "ask" with input as question
}

test_unpinned_foreign_tools_are_denied_and_not_shown if {
	question := object.union(call({"pinned": false}, {}), {"server": {"name": "tickets", "kind": "http"}})
	rules(bailiwick.deny) == {"tools.unpinned"} with input as question
	bailiwick.verdict == "deny" with input as object.union(question, {"point": "tools.list"})
}
