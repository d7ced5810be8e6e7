# Results: what came back is let through, and the task remembers what kind of thing it saw.
package bailiwick

allow contains {"rule": "results.allowed", "message": "the result may be shown to the model"} if {
	input.point == "tool.result"
}

# The workspace is the person's own: what is read from it is private.
label contains "private_data" if {
	input.point == "tool.result"
	input.server.kind == "builtin"
	input.result.isError == false
}

# A command that fails has shown what it read all the same.
label contains "private_data" if {
	input.point == "tool.result"
	input.server.kind == "builtin"
	runs_command
}

# Words from elsewhere may be instructions in disguise.
label contains "untrusted_content" if {
	input.point == "tool.result"
	input.server.kind != "builtin"
	not input.tool.annotations.openWorldHint == false
}

label contains "untrusted_content" if {
	input.point == "tool.result"
	count(input.resources.hosts) > 0
}

# A private key that found its way into a result stays out of the model's sight and of the record.
deny contains {"rule": "results.private_key", "message": "the result holds a private key; it was withheld"} if {
	input.point == "tool.result"
	some block in input.result.content
	contains(block.text, "PRIVATE KEY-----")
}

# Arguments that carry a password are not kept.
redact contains pointer if {
	input.point == "tool.call"
	some name, _ in input.arguments
	lower(name) in {"api_key", "apikey", "authorization", "password", "passwd", "secret", "token"}
	pointer := concat("", ["/", name])
}
