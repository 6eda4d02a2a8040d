"""Writes the vectors beside it, one case a line: python3 make.py, with the package `cryptography` for fernet.jsonl."""

import base64
import hashlib
import hmac
import json
import pathlib
import random

from cryptography.fernet import Fernet, MultiFernet

FOLDER = pathlib.Path(__file__).parent
RANDOM = random.Random(20260101)
ALPHABETS = [
    [chr(code) for code in range(0x20, 0x7F)],
    [chr(code) for code in [*range(0x20), 0x22, 0x5C, 0x2F, 0x7F, 0x80, 0x9F, 0xA0, 0xAD, 0x2028, 0x2029, 0xFEFF]],
    list("가나다라마바사아자차카타파하각힣é漢ß"),
    [chr(code) for code in [0xD7FF, 0xE000, 0xF8FF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1F642, 0x10FFFF]],
]
ODD_KEYS = ["", "0", "1", "01", "2", "10", "-1", "4294967294", "4294967295", "__proto__", "constructor", "toJSON", "length"]


def text():
    return "".join(RANDOM.choice(RANDOM.choice(ALPHABETS)) for _ in range(RANDOM.randrange(8)))


def key():
    return RANDOM.choice(ODD_KEYS) if RANDOM.random() < 0.4 else text()


def integer():
    return RANDOM.choice([0, 1, -1, 2**31, -(2**31), 2**53 - 1, 1 - 2**53, RANDOM.randrange(-(10**6), 10**15)])


def value(level=0):
    kind = RANDOM.randrange(3 if level == 0 else 0, 6 if level < 3 else 3)
    if kind < 3:
        return [integer(), RANDOM.choice([True, False, None]), text()][kind]
    if kind == 3:
        return [value(level + 1) for _ in range(RANDOM.randrange(4))]
    return {key(): value(level + 1) for _ in range(RANDOM.randrange(6))}


def callback(chatbot_user_id):
    return {
        "issuer": "https://sso.example.com/realms/munjigi",
        "aud": "kakao-bot",
        "chatbot_user_id": chatbot_user_id,
        "client_key": "kakao-bot",
        "relay_access_token": "access.token.text",
        "offline_refresh_token": "offline.token.text",
        "expires_in": 300,
        "refresh_expires_in": 0,
        "ts": 1767225600,
        "nonce": "c2l4dGVlbiBieXRlcyE",
    }


def new_login_link():
    return {
        "chatbot_user_id": "카카오-김",
        "callback_url": "https://bot.example.com/users/callback",
        "client_key": "kakao-bot",
        "redirect_after": "/done?lang=ko",
        "display_name": "김철수 🙂",
        "ts": 1767225600,
        "nonce": "c2l4dGVlbiBieXRlcyE",
    }


def unlink_notice():
    return {
        "event": "unlink",
        "client_key": "kakao-bot",
        "chatbot_user_id": "카카오-김",
        "ts": 1767225600,
        "nonce": "c2l4dGVlbiBieXRlcyE",
    }


def signed(secret, canonical):
    digest = hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def canonical_case(secret, payload):
    raw, escaped = (
        json.dumps(payload, separators=(",", ":"), sort_keys=True, ensure_ascii=ascii) for ascii in (False, True)
    )
    return {
        "secret": secret,
        "value": payload,
        "raw": raw,
        "raw_signature": signed(secret, raw),
        "ascii": escaped,
        "ascii_signature": signed(secret, escaped),
    }


def fernet_case(keys, sealed_by, content):
    iv, seconds = RANDOM.randbytes(16), RANDOM.randrange(1, 2**32)
    token = Fernet(sealed_by)._encrypt_from_parts(content.encode(), seconds, iv).decode()
    assert MultiFernet([Fernet(each) for each in keys]).decrypt(token.encode()).decode() == content
    return {"keys": keys, "token": token, "text": content, "is_current": sealed_by == keys[0]}


def fernet_cases():
    contents = ["", "x", "a" * 15, "a" * 16, "a" * 17, "한글 🙂", "\x00\n\x7f", "eyJhbGciOiJIUzUxMiJ9." * 30]
    contents += [text() for _ in range(20)]
    for content in contents:
        one, two, three = (base64.urlsafe_b64encode(RANDOM.randbytes(32)).decode() for _ in range(3))
        yield fernet_case([one], one, content)
        yield fernet_case([one, two, three], one, content)
        yield fernet_case([one, two, three], three, content)


def canonical_cases():
    named = [callback(name) for name in ["kakao-1", "카카오-김", "🙂-김", "\x7f\u2028\ue000\U0010ffff"]]
    for payload in [*named, new_login_link(), unlink_notice()]:
        yield canonical_case("0123456789abcdef0123456789abcdef", payload)
    yield canonical_case("키", {"\U0001f642": 1, "\ue000": 2, "\uffff": 3, "\ud7ff": 4, "10": 5, "2": 6, "__proto__": {"b": [], "a": {}}})
    yield canonical_case("secret", "".join(map(chr, [*range(0x20), *range(0x7E, 0xA1)])))
    for _ in range(600):
        yield canonical_case(text() + "s", value())


def write(name, cases):
    (FOLDER / name).write_text("".join(json.dumps(case) + "\n" for case in cases))


write("canonical-json.jsonl", canonical_cases())
write("fernet.jsonl", fernet_cases())
