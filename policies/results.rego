# Results: what came back is let through, and the task or the conversation remembers what kind of thing it saw.
package bailiwick

allow contains {"rule": "results.allowed", "message": "the result may be shown to the model"} if {
	input.point in {"tool.result", "resource.result", "prompt.result"}
}

# What is private is told in private.rego.
label contains "private_data" if {
	input.point == "tool.result"
	input.result.isError == false
	some path in input.resources.paths
	private(path)
}

# A search of a folder tells which of the files in it have something to show.
label contains "private_data" if {
	input.point == "tool.result"
	some file in input.result.structuredContent.files
	is_private(file.path)
}

# A command can read any file of the workspace, and one that fails has shown what it read all the same.
label contains "private_data" if {
	input.point == "tool.result"
	input.server.kind == "builtin"
	runs_command
	count(private_paths) > 0
}

label contains "private_data" if {
	input.point == "resource.result"
	startswith(input.arguments.uri, "file://")
	is_private(trim_prefix(input.arguments.uri, "file://"))
}

private(path) if is_private(path.inside)

private(path) if {
	path.inside == null
	is_private(path.given)
}

private(path) if secret_path(path)

is_private(_) if "**" in private_paths

is_private(name) if {
	some pattern in private_paths
	pattern != "**"
	glob.match(pattern, ["/"], name)
}

is_private(name) if secret(name)

# Words from elsewhere may be instructions in disguise.
label contains "untrusted_content" if {
	input.point == "tool.result"
	input.server.kind != "builtin"
	not input.tool.annotations.openWorldHint == false
}

label contains "untrusted_content" if {
	input.point in {"resource.result", "prompt.result"}
	input.server.kind != "builtin"
}

label contains "untrusted_content" if {
	input.point == "tool.result"
	count(input.resources.hosts) > 0
}

# A private key that found its way into a result stays out of the model's sight and of the record.
deny contains {"rule": "results.private_key", "message": "the result holds a private key; it was withheld"} if {
	input.point in {"tool.result", "resource.result", "prompt.result"}
	some text in result_texts
	contains(text, "PRIVATE KEY-----")
}

result_texts contains block.text if some block in input.result.content

result_texts contains block.resource.text if some block in input.result.content

result_texts contains json.marshal(input.result.structuredContent)

result_texts contains content.text if some content in input.result.contents

result_texts contains message.content.text if some message in input.result.messages

result_texts contains message.content.resource.text if some message in input.result.messages

# Keys and tokens that somebody else's server hands out are no business of the model's.
redact contains {"detector": name} if {
	input.point in {"tool.result", "resource.result", "prompt.result"}
	input.server.kind != "builtin"
	some name in {"keys", "tokens"}
}

# Arguments that carry a password are not kept.
redact contains pointer if {
	input.point == "tool.call"
	some name, _ in input.arguments
	lower(name) in {"api_key", "apikey", "authorization", "password", "passwd", "secret", "token"}
	pointer := concat("", ["/", name])
}
