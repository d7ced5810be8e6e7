# The lethal trifecta: private data, somebody else's words, and a way out, all in one task or one conversation. Whoever
# wrote the words can then ask the agent to send the data. Any two are fine; the third needs a person. (Where no person
# can be asked, the gateway denies.)
package bailiwick

ask contains {"rule": "labels.trifecta", "message": "private data and content from outside have been seen, and this call could send something out"} if {
	input.point == "tool.call"
	has_both
	can_send
}

# Names and arguments of these go to the server.
ask contains {"rule": "labels.trifecta_request", "message": sprintf("private data and content from outside have been seen, and this request goes to %s", [input.server.name])} if {
	input.point in {"resource.read", "prompt.get", "mcp.request"}
	has_both
	input.server.kind != "builtin"
}

deny contains {"rule": "labels.trifecta_egress", "message": "private data and content from outside have been seen, so nothing leaves without a person"} if {
	input.point == "egress"
	has_both
}

has_both if {
	carries("private_data")
	carries("untrusted_content")
}

# A task has labels, and so has the conversation of an MCP client that has no task.
carries(name) if name in input.task.labels

carries(name) if name in input.session.labels

can_send if count(input.resources.hosts) > 0

can_send if input.resources.opaque == true

can_send if {
	some judgement in judged
	judgement.kind == "outward"
}

# Somebody else's tool can send unless it says it lives in a closed world. One that says it only reads can send as well:
# a search is sent to whoever answers it.
can_send if {
	input.server.kind != "builtin"
	not input.tool.annotations.openWorldHint == false
}
