"""The clients of OpenAI and Ollama ask a server about sample pictures; scripts/test-clients starts both."""

import base64
import os
import sys
from importlib.metadata import version
from pathlib import Path

import ollama
import openai

ADDRESS = os.environ["LORGNETTE_ADDRESS"]
TOKEN = os.environ["LORGNETTE_TOKEN"]
SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"
DIALOG = (SAMPLES / "dialog.png").read_bytes()
QUESTION = "What does the button say?"
ANSWER = "Install later"


def of_openai(token=TOKEN):
    # A client that tries again would hide a reply that should not have been.
    return openai.OpenAI(base_url=f"{ADDRESS}/v1", api_key=token, max_retries=0)


def of_ollama(token=TOKEN):
    return ollama.Client(host=ADDRESS, headers={"Authorization": f"Bearer {token}"})


def picture(**more):
    url = "data:image/png;base64," + base64.b64encode(DIALOG).decode()
    return {"type": "image_url", "image_url": {"url": url, **more}}


def asked(**more):
    content = [{"type": "text", "text": QUESTION}, picture(**more)]
    return {"model": "pocket", "temperature": 0, "messages": [{"role": "user", "content": content}]}


def check(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def openai_lists_models():
    check([model.id for model in of_openai().models.list()], ["pocket"])
    check(of_openai().models.retrieve("pocket").id, "pocket")


def openai_asks_whole():
    reply = of_openai().chat.completions.create(**asked())
    check(reply.choices[0].message.content, ANSWER)
    check(reply.choices[0].finish_reason, "stop")
    check(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)


def openai_asks_streamed():
    options = {"include_usage": True}
    chunks = list(of_openai().chat.completions.create(**asked(), stream=True, stream_options=options))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    check(text, ANSWER)
    assert chunks[-1].usage.completion_tokens > 0, chunks[-1]


def openai_asks_for_several_answers():
    reply = of_openai().chat.completions.create(**asked(detail="high"), n=2, seed=7, max_completion_tokens=50)
    check([choice.message.content for choice in reply.choices], [ANSWER, ANSWER])


def openai_is_told_what_is_wrong():
    for error, call in [
        (openai.AuthenticationError, lambda: of_openai("wrong").models.list()),
        (openai.NotFoundError, lambda: of_openai().chat.completions.create(**(asked() | {"model": "no-such"}))),
        (openai.BadRequestError, lambda: of_openai().chat.completions.create(**asked(), n=100)),
    ]:
        try:
            call()
        except error as told:
            assert told.body["message"], told
        else:
            raise AssertionError(f"no {error.__name__}")


def ollama_lists_models():
    client = of_ollama()
    check([model.model for model in client.list().models], ["pocket"])
    check([model.model for model in client.ps().models], ["pocket"])
    assert "vision" in client.show("pocket").capabilities


def ollama_chats_whole():
    messages = [{"role": "user", "content": QUESTION, "images": [DIALOG]}]
    reply = of_ollama().chat("pocket", messages, options={"temperature": 0})
    check(reply.message.content, ANSWER)
    check((reply.done, reply.done_reason), (True, "stop"))
    assert reply.eval_count > 0 and reply.total_duration > 0, reply


def ollama_chats_streamed():
    messages = [{"role": "user", "content": QUESTION, "images": [SAMPLES / "dialog.png"]}]
    parts = list(of_ollama().chat("pocket", messages, stream=True, options={"temperature": 0}))
    check("".join(part.message.content for part in parts), ANSWER)
    assert parts[-1].done, parts[-1]


def ollama_generates():
    ask = {"model": "pocket", "prompt": QUESTION, "images": [DIALOG], "options": {"temperature": 0}}
    check(of_ollama().generate(**ask).response, ANSWER)
    check("".join(part.response for part in of_ollama().generate(**ask, stream=True)), ANSWER)


def ollama_is_told_what_is_wrong():
    for status, call in [
        (401, lambda: of_ollama("wrong").list()),
        (404, lambda: of_ollama().chat("no-such", [{"role": "user", "content": "Hello"}])),
    ]:
        try:
            call()
        except ollama.ResponseError as told:
            check(told.status_code, status)
            assert told.error, told
        else:
            raise AssertionError(f"no {status}")


QUESTIONS = [
    openai_lists_models,
    openai_asks_whole,
    openai_asks_streamed,
    openai_asks_for_several_answers,
    openai_is_told_what_is_wrong,
    ollama_lists_models,
    ollama_chats_whole,
    ollama_chats_streamed,
    ollama_generates,
    ollama_is_told_what_is_wrong,
]


def main():
    print(f"openai {openai.__version__}, ollama {version('ollama')}")
    failed = 0
    for question in QUESTIONS:
        try:
            question()
            print(f"{question.__name__} ... ok")
        except Exception as error:
            failed += 1
            print(f"{question.__name__} ... FAILED: {type(error).__name__}: {error}")
    word = "FAILED" if failed else "ok"
    print(f"test result: {word}. {len(QUESTIONS) - failed} passed; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
