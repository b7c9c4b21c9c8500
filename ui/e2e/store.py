"""Chats put where the program keeps them, as if they had been there.

    store.py CHATS.sqlite3 hostile FILE    a chat for each text of the JSON file, as an answer
    store.py CHATS.sqlite3 many N          so many chats of two turns
"""

import json
import random
import sqlite3
import sys
import time

database, what, argument = sys.argv[1:]
db = sqlite3.connect(database)
now = int(time.time() * 1000)


def chat(title, question, answer, age_ms=0):
    when = now - age_ms
    chat = db.execute("INSERT INTO chats (title, created_ms, updated_ms) VALUES (?, ?, ?)", (title, when, when)).lastrowid
    insert = "INSERT INTO messages (chat, parent, is_model, text, state, created_ms) VALUES (?, ?, ?, ?, 'whole', ?)"
    asked = db.execute(insert, (chat, None, 0, question, when)).lastrowid
    answered = db.execute(insert, (chat, asked, 1, answer, when)).lastrowid
    db.execute("UPDATE chats SET leaf = ? WHERE id = ?", (answered, chat))


if what == "hostile":
    for i, text in enumerate(json.load(open(argument, encoding="utf-8"))):
        chat(f"Hostile {i}", "What does it say?", text, i)
else:
    random.seed(1)
    words = "receipt total dialog button install later harbour street lake water fruit bus invoice table chart sign note red blue".split()
    for i in range(int(argument)):
        text = " ".join(random.choices(words, k=60))
        chat(f"Chat {i} about a {random.choice(words)}", "What is the " + random.choice(words) + "?", text, i * 1000)
db.commit()
