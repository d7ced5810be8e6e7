"""The scripted model server, as the vendors' own clients see it.

Each check starts the server with a script, talks to it with a client library, and asserts on what the library parsed:
never on the wire. The server answers 400 to what a vendor would refuse, so an accepted second turn shows that the
conversation a client builds passes too.
"""

import json
import os
import subprocess
import tempfile
import traceback
from contextlib import contextmanager

import anthropic
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

KEY = "sk-check-key"
TEXT = "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich – 灯台も。"
USAGE = {"input": 1000, "output": 300, "cache_read": 600, "cache_write": 50, "reasoning": 120}
CALLS = [
    {"name": "read_file", "arguments": {"path": 'a "quoted" näme.txt'}},
    {"name": "list_directory", "arguments": {}},
]
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "additionalProperties": False}
THOUGHT = "First the file, then the list."


@contextmanager
def served(*turns, **more):
    """A server with these turns; gives its address without a path."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        json.dump({"turns": list(turns), "key": KEY, **more}, script)
        script.flush()
        command = [os.environ["MODEL_SERVER"], "--script", script.name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()
            process.wait()


def reply(**reply):
    return {"reply": reply}


def refusals(call, expected):
    """Each fault comes out of the client as its own exception."""
    for fault, kind, status, words in expected:
        with served({"fault": fault}) as address:
            try:
                call(address)
            except kind as error:
                got = getattr(error, "status_code", None) or getattr(error, "code", None)
                assert got == status, (fault, got)
                said = f"{error} {getattr(error, 'body', '')}"
                assert words in said, (fault, said)
                if fault.get("retry_after_seconds"):
                    headers = getattr(error.response, "headers", {})
                    assert headers.get("retry-after") == "7", headers
            else:
                raise AssertionError(f"{fault} was no error")


def rate_limit():
    return {"kind": "rate_limited", "retry_after_seconds": 7}


# OpenAI Chat Completions

CHAT_TOOLS = [{"type": "function", "function": {"name": c["name"], "parameters": SCHEMA}} for c in CALLS]


def chat_client(address):
    return openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)


def openai_chat_text_streams():
    with served(reply(text=TEXT, usage=USAGE)) as address:
        stream = chat_client(address).chat.completions.create(
            model="gpt-6-sol",
            messages=[{"role": "user", "content": "hi"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
    pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(pieces) > 3 and "".join(pieces) == TEXT, pieces
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (1000, 300, 1300)
    assert usage.prompt_tokens_details.cached_tokens == 600
    assert usage.completion_tokens_details.reasoning_tokens == 120


def openai_chat_calls_stream_and_go_round():
    with served(reply(text="I look.", calls=CALLS), reply(text="Seen.")) as address:
        client = chat_client(address)
        messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "look"}]
        with client.chat.completions.stream(model="gpt-6-sol", messages=messages, tools=CHAT_TOOLS) as stream:
            kinds = {event.type for event in stream}
            message = stream.get_final_completion().choices[0].message
        assert {"content.delta", "tool_calls.function.arguments.delta"} <= kinds, kinds
        got = [(c.function.name, json.loads(c.function.arguments)) for c in message.tool_calls]
        assert got == [(c["name"], c["arguments"]) for c in CALLS], got
        messages.append(message.model_dump(exclude={"parsed", "refusal", "audio", "function_call", "annotations"}))
        for call in messages[-1]["tool_calls"]:
            call["function"].pop("parsed_arguments", None)
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "ok"})
        answer = client.chat.completions.create(model="gpt-6-sol", messages=messages, tools=CHAT_TOOLS)
        assert answer.choices[0].message.content == "Seen."
        assert answer.choices[0].finish_reason == "stop"


def openai_chat_whole_calls_and_models():
    with served(reply(calls=CALLS), models=["gpt-6-sol"]) as address:
        client = chat_client(address)
        answer = client.chat.completions.create(
            model="gpt-6-sol", messages=[{"role": "user", "content": "look"}], tools=CHAT_TOOLS
        )
        assert answer.choices[0].finish_reason == "tool_calls"
        assert len(answer.choices[0].message.tool_calls) == 2
        assert [m.id for m in client.models.list()] == ["gpt-6-sol"]


def openai_chat_errors():
    def call(address):
        chat_client(address).chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])

    refusals(
        call,
        [
            ({"kind": "wrong_key"}, openai.AuthenticationError, 401, "Incorrect API key provided"),
            ({"kind": "forbidden"}, openai.PermissionDeniedError, 403, "insufficient permissions"),
            ({"kind": "unknown_model"}, openai.NotFoundError, 404, "model_not_found"),
            (rate_limit(), openai.RateLimitError, 429, "rate_limit_exceeded"),
            ({"kind": "quota_exhausted"}, openai.RateLimitError, 429, "insufficient_quota"),
            ({"kind": "server_error"}, openai.InternalServerError, 500, "server had an error"),
            ({"kind": "overloaded"}, openai.InternalServerError, 503, "overloaded"),
            ({"kind": "context_too_long"}, openai.BadRequestError, 400, "context_length_exceeded"),
        ],
    )
    with served(reply(text="never")) as address:
        try:
            messages = [{"role": "user", "content": "a"}, {"role": "tool", "tool_call_id": "x", "content": "b"}]
            chat_client(address).chat.completions.create(model="m", messages=messages)
        except openai.BadRequestError as error:
            assert "messages with role 'tool' must be a response" in str(error), error
        else:
            raise AssertionError("an orphaned result was accepted")


# OpenAI Responses

RESPONSE_TOOLS = [{"type": "function", "name": c["name"], "parameters": SCHEMA, "strict": False} for c in CALLS]


def openai_responses_text_streams():
    with served(reply(text=TEXT, usage=USAGE)) as address:
        with chat_client(address).responses.stream(model="gpt-6-sol", input="hi", store=False) as stream:
            events = list(stream)
            answer = stream.get_final_response()
    pieces = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert len(pieces) > 3 and "".join(pieces) == TEXT == answer.output_text, pieces
    assert answer.status == "completed" and events[0].type == "response.created"
    assert [e.sequence_number for e in events] == list(range(len(events)))
    usage = answer.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (1000, 300, 1300)
    assert usage.input_tokens_details.cached_tokens == 600
    assert usage.output_tokens_details.reasoning_tokens == 120


def openai_responses_calls_and_reasoning_go_round():
    with served(reply(reasoning=THOUGHT, text="I look.", calls=CALLS), reply(text="Seen.")) as address:
        client = chat_client(address)
        conversation = [{"role": "user", "content": "look"}]
        more = dict(
            model="gpt-6-sol", tools=RESPONSE_TOOLS, store=False, include=["reasoning.encrypted_content"]
        )
        with client.responses.stream(input=conversation, **more) as stream:
            kinds = {event.type for event in stream}
            answer = stream.get_final_response()
        assert "response.function_call_arguments.delta" in kinds and "response.reasoning_summary_text.delta" in kinds
        assert [item.type for item in answer.output] == ["reasoning", "message", "function_call", "function_call"]
        assert answer.output[0].summary[0].text == THOUGHT and answer.output[0].encrypted_content
        calls = [item for item in answer.output if item.type == "function_call"]
        got = [(c.name, json.loads(c.arguments)) for c in calls]
        assert got == [(c["name"], c["arguments"]) for c in CALLS], got
        for item in answer.output:
            conversation.append(item.model_dump(exclude_none=True, exclude={"parsed_arguments"}))
        for call in calls:
            conversation.append({"type": "function_call_output", "call_id": call.call_id, "output": "ok"})
        assert client.responses.create(input=conversation, **more).output_text == "Seen."


def openai_responses_incomplete_and_errors():
    with served(reply(text="half", stop="max_tokens")) as address:
        answer = chat_client(address).responses.create(model="gpt-6-sol", input="hi", max_output_tokens=16)
        assert answer.status == "incomplete" and answer.incomplete_details.reason == "max_output_tokens"

    def call(address):
        chat_client(address).responses.create(model="m", input="hi")

    refusals(
        call,
        [
            ({"kind": "wrong_key"}, openai.AuthenticationError, 401, "Incorrect API key provided"),
            (rate_limit(), openai.RateLimitError, 429, "rate_limit_exceeded"),
            ({"kind": "context_too_long"}, openai.BadRequestError, 400, "exceeds the context window"),
        ],
    )
    with served({"reply": {"text": TEXT}, "fault": {"kind": "error_event", "after_events": 4}}) as address:
        events = list(chat_client(address).responses.create(model="m", input="hi", stream=True))
        assert events[-1].type == "error" and "overloaded" in events[-1].message, events[-1]


# Anthropic Messages

ANTHROPIC_TOOLS = [{"name": c["name"], "input_schema": SCHEMA} for c in CALLS]


def anthropic_client(address):
    return anthropic.Anthropic(base_url=address, api_key=KEY, max_retries=0)


def anthropic_text_streams():
    with served(reply(text=TEXT, usage=USAGE)) as address:
        with anthropic_client(address).messages.stream(
            model="claude-sonnet-5-5", max_tokens=100, messages=[{"role": "user", "content": "hi"}]
        ) as stream:
            pieces = list(stream.text_stream)
            message = stream.get_final_message()
    assert len(pieces) > 3 and "".join(pieces) == TEXT, pieces
    assert message.stop_reason == "end_turn"
    usage = message.usage
    assert (usage.input_tokens, usage.output_tokens) == (350, 300), usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (600, 50), usage


def anthropic_calls_and_thinking_go_round():
    with served(reply(reasoning=THOUGHT, text="I look.", calls=CALLS), reply(text="Seen.")) as address:
        client = anthropic_client(address)
        messages = [{"role": "user", "content": "look"}]
        more = dict(
            model="claude-sonnet-5-5",
            max_tokens=4000,
            tools=ANTHROPIC_TOOLS,
            thinking={"type": "enabled", "budget_tokens": 2000},
        )
        with client.messages.stream(messages=messages, **more) as stream:
            kinds = {event.type for event in stream}
            message = stream.get_final_message()
        assert {"thinking", "signature", "input_json", "text"} <= kinds, kinds
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
        assert message.content[0].thinking == THOUGHT and message.content[0].signature
        calls = [block for block in message.content if block.type == "tool_use"]
        assert [(c.name, c.input) for c in calls] == [(c["name"], c["arguments"]) for c in CALLS]
        assert message.stop_reason == "tool_use"
        results = [{"type": "tool_result", "tool_use_id": c.id, "content": "ok"} for c in calls]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
        assert client.messages.create(messages=messages, **more).content[0].text == "Seen."


def anthropic_errors_and_models():
    def call(address):
        anthropic_client(address).messages.create(
            model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
        )

    refusals(
        call,
        [
            ({"kind": "wrong_key"}, anthropic.AuthenticationError, 401, "invalid x-api-key"),
            ({"kind": "forbidden"}, anthropic.PermissionDeniedError, 403, "does not have permission"),
            ({"kind": "unknown_model"}, anthropic.NotFoundError, 404, "model: m"),
            (rate_limit(), anthropic.RateLimitError, 429, "rate_limit_error"),
            ({"kind": "quota_exhausted"}, anthropic.BadRequestError, 400, "credit balance is too low"),
            ({"kind": "server_error"}, anthropic.InternalServerError, 500, "Internal server error"),
            ({"kind": "overloaded"}, anthropic.APIStatusError, 529, "overloaded_error"),
            ({"kind": "context_too_long"}, anthropic.BadRequestError, 400, "prompt is too long"),
        ],
    )
    with served(reply(text="never"), models=["claude-sonnet-5-5"]) as address:
        client = anthropic_client(address)
        assert [m.id for m in client.models.list()] == ["claude-sonnet-5-5"]
        try:
            client.messages.create(
                model="claude-sonnet-5-5",
                max_tokens=10,
                messages=[
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
                    {"role": "user", "content": "and?"},
                ],
            )
        except anthropic.BadRequestError as error:
            assert "without `tool_result` blocks" in str(error), error
        else:
            raise AssertionError("an unanswered call was accepted")
    with served({"reply": {"text": TEXT}, "fault": {"kind": "error_event", "after_events": 4}}) as address:
        try:
            with anthropic_client(address).messages.stream(
                model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
            ) as stream:
                list(stream)
        except anthropic.APIStatusError as error:
            assert "Overloaded" in str(error), error
        else:
            raise AssertionError("the error event was not seen")


# Gemini

GEMINI_CONFIG = types.GenerateContentConfig(
    system_instruction="s",
    max_output_tokens=100,
    tools=[
        types.Tool(
            function_declarations=[
                types.FunctionDeclaration(name=c["name"], description="d", parameters_json_schema=SCHEMA)
                for c in CALLS
            ]
        )
    ],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


def gemini_client(address):
    once = types.HttpRetryOptions(attempts=1)
    return genai.Client(
        api_key=KEY, vertexai=False, http_options=types.HttpOptions(base_url=address, retry_options=once)
    )


def gemini_text_streams():
    with served(reply(text=TEXT, usage=USAGE)) as address:
        client = gemini_client(address)
        chunks = list(client.models.generate_content_stream(model="gemini-4-argon", contents="hi"))
    pieces = [c.text for c in chunks if c.text]
    assert len(pieces) > 3 and "".join(pieces) == TEXT, pieces
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    usage = chunks[-1].usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (1000, 180, 1300)
    assert (usage.cached_content_token_count, usage.thoughts_token_count) == (600, 120)


def gemini_calls_and_signatures_go_round():
    with served(reply(reasoning=THOUGHT, text="I look.", calls=CALLS), reply(text="Seen.")) as address:
        client = gemini_client(address)
        contents = [types.UserContent("look")]
        parts = []
        for chunk in client.models.generate_content_stream(
            model="gemini-4-argon", contents=contents, config=GEMINI_CONFIG
        ):
            parts += chunk.candidates[0].content.parts
        assert "".join(p.text for p in parts if p.thought) == THOUGHT
        calls = [part for part in parts if part.function_call]
        got = [(c.function_call.name, c.function_call.args) for c in calls]
        assert got == [(c["name"], c["arguments"]) for c in CALLS], got
        assert calls[0].thought_signature and not calls[1].thought_signature
        contents.append(types.Content(role="model", parts=[p for p in parts if not p.thought]))
        results = [
            types.Part.from_function_response(name=c.function_call.name, response={"output": "ok"}) for c in calls
        ]
        contents.append(types.Content(role="user", parts=results))
        answer = client.models.generate_content(model="gemini-4-argon", contents=contents, config=GEMINI_CONFIG)
        assert answer.text == "Seen."


def gemini_errors_and_models():
    def call(address):
        client = gemini_client(address)
        client.models.generate_content(model="m", contents="hi")

    client_error, server_error = genai_errors.ClientError, genai_errors.ServerError
    refusals(
        call,
        [
            ({"kind": "wrong_key"}, client_error, 400, "API key not valid"),
            ({"kind": "forbidden"}, client_error, 403, "PERMISSION_DENIED"),
            ({"kind": "unknown_model"}, client_error, 404, "models/m is not found"),
            ({"kind": "rate_limited", "retry_after_seconds": None}, client_error, 429, "RESOURCE_EXHAUSTED"),
            ({"kind": "quota_exhausted"}, client_error, 429, "PerDay"),
            ({"kind": "server_error"}, server_error, 500, "INTERNAL"),
            ({"kind": "overloaded"}, server_error, 503, "overloaded"),
            ({"kind": "context_too_long"}, client_error, 400, "exceeds the maximum number of tokens"),
        ],
    )
    with served(reply(calls=CALLS), models=["gemini-4-argon"]) as address:
        client = gemini_client(address)
        assert [m.name for m in client.models.list()] == ["models/gemini-4-argon"]
        answer = client.models.generate_content(model="gemini-4-argon", contents="look", config=GEMINI_CONFIG)
        assert [c.name for c in answer.function_calls] == [c["name"] for c in CALLS]
        contents = [types.UserContent("look"), answer.candidates[0].content, types.UserContent("and?")]
        try:
            client.models.generate_content(model="gemini-4-argon", contents=contents, config=GEMINI_CONFIG)
        except client_error as error:
            assert "number of function response parts" in str(error), error
        else:
            raise AssertionError("an unanswered call was accepted")


def main():
    names = [name for name in globals() if name.startswith(("openai_", "anthropic_", "gemini_"))]
    checks = [name for name in names if name.split("_")[-1] != "client" and callable(globals()[name])]
    failed = 0
    for name in checks:
        try:
            globals()[name]()
            print(f"ok    {name}")
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
    versions = f"openai {openai.__version__}, anthropic {anthropic.__version__}, google-genai {genai.__version__}"
    print(f"{len(checks) - failed} of {len(checks)} checks passed with {versions}")
    raise SystemExit(1 if failed or len(checks) < 13 else 0)


if __name__ == "__main__":
    main()
