# Bailiwick's own policy: what the agent may do without asking, what a person must say yes to, and what is
# refused. Every file of this folder adds to the same five sets:
#
#   deny   refuses, whatever else was said
#   ask    waits for a person, unless something denies
#   allow  lets it happen, unless something denies or asks
#   redact JSON pointers whose values are replaced by "[redacted]" in records and results
#   label  words the task carries from then on, such as "private_data"
#
# A member of deny, ask or allow is a sentence, or an object {"rule": …, "message": …}; the rule's name stays the same
# when the sentence is reworded. When no rule speaks, the answer is deny.
#
# The policy is asked at five points: "tools.list", "tool.call", "tool.result", "egress" and "model.call". Each rule
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

# Tools are shown to the model freely: seeing a tool does nothing, and each call is decided on its own.
allow contains {"rule": "tools.list", "message": "tools may be listed"} if {
	input.point == "tools.list"
}

# A tool of somebody else's server says what it likes about itself, so a person looks first.
ask contains {"rule": "tools.foreign", "message": sprintf("%s is a tool of the server %s, which is not built in", [input.tool.name, input.server.name])} if {
	input.point == "tool.call"
	input.server.kind != "builtin"
}

# What a person saw when they accepted a tool must be what is called now.
ask contains {"rule": "tools.unpinned", "message": sprintf("the description of %s was not confirmed, or has changed since", [input.tool.name])} if {
	input.point == "tool.call"
	input.tool.pinned == false
}
