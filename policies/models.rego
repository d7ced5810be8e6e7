# Model calls. Steps, tokens and money are limited by the task's own limits; these are the walls around a single call.
package bailiwick

allow contains {"rule": "models.call", "message": "the model call is within the limits"} if {
	input.point == "model.call"
	input.arguments.input_tokens <= model_input_tokens_max
	input.arguments.max_output_tokens <= model_output_tokens_max
}

deny contains {"rule": "models.input", "message": sprintf("the request has %d tokens; model_input_tokens_max in models.rego is %d", [input.arguments.input_tokens, model_input_tokens_max])} if {
	input.point == "model.call"
	input.arguments.input_tokens > model_input_tokens_max
}

deny contains {"rule": "models.output", "message": sprintf("the request allows %d tokens of answer; model_output_tokens_max in models.rego is %d", [input.arguments.max_output_tokens, model_output_tokens_max])} if {
	input.point == "model.call"
	input.arguments.max_output_tokens > model_output_tokens_max
}

model_input_tokens_max := 2000000

model_output_tokens_max := 256000
