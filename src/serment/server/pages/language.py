"""The interface's two languages on the server: words, dates and hours as each language writes them."""

import datetime as dt
import functools
import json
import re
from importlib import resources

from serment.domain.named_times import LANGUAGES, Language, day, hour

_FRENCH_SPACE = re.compile(r" (?=[;:?!»])|(?<=«) ")


@functools.cache
def words(language: Language) -> dict[str, str]:
    """Every sentence of the public pages by key. The two files hold the same keys: a test compares them."""
    text = resources.files("serment.server.pages").joinpath(f"words/{language}.json").read_text("utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


def say(language: Language, key: str, **values: object) -> str:
    """The sentence `key` with its values put in. Raises KeyError for a key nobody wrote."""
    return words(language)[key].format(**values)


def spaced(language: Language, text: str) -> str:
    """What a practice typed, its plain spaces beside French signs made no-break: no sign stands alone on a line."""
    return _FRENCH_SPACE.sub("\u00a0", text) if language == "fr" else text


def negotiate(accept_language: str) -> Language:
    """French unless English is asked for before it (RFC 9110, section 12.5.4; quality values, first wins a tie)."""
    best: tuple[float, Language] = (0.0, "fr")
    for part in accept_language.lower().split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                continue
        for language in LANGUAGES:
            if tag.split("-")[0] == language and quality > best[0]:
                best = (quality, language)
    return best[1]


def day_title(language: Language, date: dt.date) -> str:
    """The short day with a capital, as a heading: "Mar. 23 mars"."""
    text = day(language, date, short=True)
    return text[0].upper() + text[1:]


def moment(language: Language, local: dt.datetime, *, today: dt.date) -> str:
    """A day and an hour in a sentence: "aujourd’hui à 17 h 40", "mardi 23 mars à 9 h 40"."""
    at = " à " if language == "fr" else " at "
    if local.date() == today:
        name = "aujourd’hui" if language == "fr" else "today"
    elif local.date() == today + dt.timedelta(days=1):
        name = "demain" if language == "fr" else "tomorrow"
    else:
        name = day(language, local.date(), year=(local.date() - today).days > 300)
    return name + at + hour(language, local.time())


def in_town(language: Language, town: str) -> str:
    """ "à Valence", "au Havre", "aux Mées"; "in Valence"."""
    if language == "en":
        return f"in {town}"
    for article, joined in (("Le ", "au "), ("Les ", "aux ")):
        if town.startswith(article):
            return joined + town.removeprefix(article)
    return f"à {town}"


def distance(language: Language, metres: float) -> str:
    """ "350 m" rounded to 50, "4,2 km", "18 km"."""
    if metres < 1000:
        return say(language, "search.distance_m", metres=max(50, round(metres / 50) * 50))
    km = f"{metres / 1000:.1f}" if metres < 10_000 else f"{metres / 1000:.0f}"
    return say(language, "search.distance_km", km=km.replace(".", ",") if language == "fr" else km)


def phone(number: str) -> str:
    """A French number in pairs, "04 75 00 00 00", joined by no-break spaces; any other number as it is."""
    digits = "".join(c for c in number if c.isdigit())
    if len(digits) == 10 and digits.startswith("0"):
        return "\u00a0".join(digits[i : i + 2] for i in range(0, 10, 2))
    return number


def phone_href(number: str) -> str:
    """The number for a tel: link: digits, and a leading plus where it had one."""
    plus = "+" if number.strip().startswith("+") else ""
    return plus + "".join(c for c in number if c.isdigit())
