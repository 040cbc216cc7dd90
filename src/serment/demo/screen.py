"""What the demonstration says once it runs: what to open, who to be, what they have on paper, what to try."""

from collections.abc import Mapping

from serment.demo import town
from serment.demo.house import Person
from serment.demo.paper import write_paper
from serment.demo.sender import SENT
from serment.demo.sending import may_send
from serment.framing.roster_events import Role
from serment.settings import Settings

PEOPLE = (
    Person("Hélène Marchandot", Role.OWNER, "helene", "soleil sur le lavoir"),
    Person("Inès Bento", Role.PRACTITIONER, "bento", "trois tilleuls verts"),
    Person("Sam Vergnes", Role.SECRETARY, "sam", "lundi matin huit heures"),
)


def written(papers: Mapping[str, bytes]) -> dict[str, str]:
    """As it stands on the sheets."""
    return {
        f"paper {name}": write_paper("root" if name == "root" else "recovery", secret)
        for name, secret in papers.items()
    }


def _papers_on_screen(base: str, state: Mapping[str, str]) -> str:
    """What the ways back are tried with; nothing for a town planted before it was kept."""
    if "paper root" not in state:
        return ""
    codes = "\n".join(f"    {p.log_in:<8} {state[f'paper {p.log_in}']}" for p in PEOPLE)
    groups = state["paper root"].split(" ")
    return f"""

    what they have on paper, to try the ways back with
{codes}
    root     {" ".join(groups[:4])}
             {" ".join(groups[4:])}
      a lost password: "J'ai perdu mon mot de passe" at the desk; all owners lost:
      {base}/fr/restore, practice {state["practice"]}"""


def screen(settings: Settings, state: Mapping[str, str]) -> str:
    """What to open, who to be, what to try."""
    base = settings.origin or f"http://{settings.host}:{settings.port}"
    names = "\n".join(f"    {p.log_in:<8} {p.password:<26} {p.name}, {p.role.name.lower()}" for p in PEOPLE)
    commune = town.communes()[0]
    postcode = commune.postcodes[0]
    alice = (
        f"\n    {base}/fr/a#{state['alice']}\n      a patient's own link, as it stands after booking"
        if "alice" in state
        else ""
    )
    # A database of one's own has an address that may hold a password: it is named, not printed.
    thief = (
        f'grep -ra "the name" {settings.data}'
        if settings.database_url is None
        else 'pg_dump "$SERMENT_DATABASE_URL" | grep -a "the name"'
    )
    return f"""
Serment runs on {base}

  As a patient
    {base}/fr/   (English: {base}/en/)
      search "généraliste" near {commune.name} ({postcode}), or the name "Bento"{alice}

  As the practice
    {base}/fr/desk
    log-in   password                   who
{names}{_papers_on_screen(base, state)}

  As the patient's phone
    {base}/demo/phone  {_phone(settings)}

  As a new practice
    {base}/fr/open  (with a passkey: http://localhost:{settings.port}/fr/open; passkeys know no bare addresses)

  Try
    book at phone width (the code that is asked for comes to the phone)
    then watch the desk: the appointment comes by itself, sealed until it is opened
    move it at the desk, and open the patient's link again
    be the thief: {thief} finds nothing of what you typed

  From another machine: ssh -L {settings.port}:127.0.0.1:{settings.port} this-machine   Stop: Ctrl-C
"""


def _phone(settings: Settings) -> str:
    """What the phone shows, or what it lacks."""
    if may_send(settings):
        return f"shows what `serment notify` sent; it runs beside, on paper ({settings.data / SENT})"
    return "stays empty: set SERMENT_NOTIFIER_DATABASE_URL (docs/how-to/notifier.md)"
