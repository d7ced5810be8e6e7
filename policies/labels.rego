# The lethal trifecta: private data, somebody else's words, and a way out, all in one task. Whoever wrote the words can
# then ask the agent to send the data. Any two are fine; the third needs a person.
package bailiwick

ask contains {"rule": "labels.trifecta", "message": "this task has seen private data and content from outside, and this call could send something out"} if {
	input.point == "tool.call"
	carries("private_data")
	carries("untrusted_content")
	can_send
}

deny contains {"rule": "labels.trifecta_egress", "message": "this task has seen private data and content from outside, so nothing leaves without a person"} if {
	input.point == "egress"
	carries("private_data")
	carries("untrusted_content")
}

carries(name) if {
	some carried in input.task.labels
	carried == name
}

can_send if count(input.resources.hosts) > 0

can_send if input.resources.opaque == true

can_send if {
	some judgement in judged
	judgement.kind == "outward"
}

# Somebody else's tool can send unless it says it lives in a closed world.
can_send if {
	input.server.kind != "builtin"
	not input.tool.annotations.openWorldHint == false
}
