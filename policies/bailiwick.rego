# Bailiwick's own policy: what the agent may do without asking, what a person must say yes to, and what is
# refused. docs/POLICY.md tells the whole of it. Every file of this folder adds to the same sets:
#
#   deny   refuses, whatever else was said
#   ask    waits for a person, unless something denies
#   allow  lets it happen, unless something denies or asks
#   redact JSON pointers whose values are replaced by "[redacted]" in records and results, and detectors, as in
#          {"detector": "emails"}, whose finds are replaced wherever they stand
#   label  words the task or the conversation carries from then on, such as "private_data"
#   approval_role  roles of which a person must have one to approve
#
# time_limit_ms and result_bytes_max are numbers.
#
# A member of deny, ask or allow is a sentence, or an object {"rule": …, "message": …}; the rule's name stays the same
# when the sentence is reworded. When no rule speaks, the answer is deny.
#
# The policy is asked at these points: "tools.list", "tool.call", "tool.result", "resources.list", "resource.read",
# "resource.result", "prompts.list", "prompt.get", "prompt.result", "mcp.request", "egress" and "model.call". Each rule
# names its point first, so that a rule for one can never speak at another.
#
# The rules go by what a call names (paths, hosts, commands) and by what the tool declares of itself, never by the
# sound of a tool's name. What a tool declares is believed only of the built-in server.
package bailiwick

# What the sets come to. The engine works it out in the same way; this rule is for people and for tests.
verdict := "deny" if {
	count(deny) > 0
} else := "ask" if {
	count(ask) > 0
} else := "allow" if {
	count(allow) > 0
} else := "deny"

# The call comes from the built-in toolbox, whose declarations are believed.
builtin_call if {
	input.point == "tool.call"
	input.server.kind == "builtin"
}

# The call runs a program, or text that may run one.
runs_command if count(input.resources.commands) > 0

runs_command if input.resources.opaque == true

# Nothing the call names lies outside the workspace.
stays_inside if {
	every path in input.resources.paths {
		path.inside != null
	}
}

# Tools are shown to the model freely: seeing a tool does nothing, and each call is decided on its own. A description
# that nobody has approved could speak to the model, so it is not shown.
allow contains {"rule": "tools.list", "message": "tools may be listed"} if {
	input.point == "tools.list"
	not unapproved
}

# A tool of somebody else's server says what it likes about itself, so a person looks first.
ask contains {"rule": "tools.foreign", "message": sprintf("%s is a tool of the server %s, which is not built in", [input.tool.name, input.server.name])} if {
	input.point == "tool.call"
	input.server.kind != "builtin"
	not trusted
}

allow contains {"rule": "tools.trusted", "message": "the server or its tool is on the list of trusted ones"} if {
	input.point == "tool.call"
	input.server.kind != "builtin"
	trusted
}

trusted if input.server.name in trusted_servers

trusted if concat("/", [input.server.name, input.tool.name]) in trusted_tools

# What a person saw when they accepted a tool must be what is called now. The gateway withholds such a tool by itself;
# this is the second lock.
deny contains {"rule": "tools.unpinned", "message": sprintf("the definition of %s was not approved, or has changed since", [input.tool.name])} if {
	input.point == "tool.call"
	unapproved
}

ask contains {"rule": "tools.unpinned", "message": sprintf("the description of %s was not confirmed, or has changed since", [input.tool.name])} if {
	input.point == "tool.call"
	input.server.kind == "builtin"
	input.tool.pinned == false
}

unapproved if {
	input.server.kind != "builtin"
	input.tool.pinned == false
}
