# What MCP servers offer besides tools: resources, prompts, and whatever else a client asks of them.
package bailiwick

# Seeing that something is there does nothing; each use is decided on its own.
allow contains {"rule": "resources.list", "message": "resources may be listed"} if {
	input.point == "resources.list"
}

allow contains {"rule": "prompts.list", "message": "prompts may be listed"} if {
	input.point == "prompts.list"
}

# A server that a person has added may be read from. What comes back is marked (see results.rego).
allow contains {"rule": "resources.read", "message": "the resources of the server may be read"} if {
	input.point == "resource.read"
}

deny contains {"rule": "secrets.resource", "message": sprintf("%s is a place for secrets: it may not be read", [input.arguments.uri])} if {
	input.point == "resource.read"
	secret(input.arguments.uri)
}

allow contains {"rule": "prompts.get", "message": "the prompts of the server may be used"} if {
	input.point == "prompt.get"
}

# Requests that change nothing but the conversation itself.
allow contains {"rule": "requests.harmless", "message": sprintf("%s does nothing outside the conversation", [input.arguments.method])} if {
	input.point == "mcp.request"
	input.arguments.method in harmless_methods
}

ask contains {"rule": "requests.unknown", "message": sprintf("what %s does on the server %s is not known here", [input.arguments.method, input.server.name])} if {
	input.point == "mcp.request"
	not input.arguments.method in harmless_methods
}

harmless_methods := {
	"completion/complete", "logging/setLevel", "ping", "server/discover", "subscriptions/listen", "tasks/cancel",
	"tasks/get", "tasks/list", "tasks/result", "tasks/update",
}
