"""Write the scorecards of the recorded timelines anew: `python tests/scoring/recorded/rescore.py`.

To be run only when the definition of a measure has changed on purpose; read the difference before it is committed.
"""

from pathlib import Path

from scoring.files import score_file

for recorded in sorted(Path(__file__).parent.glob("*.timeline.json")):
    golden = recorded.with_name(recorded.name.replace(".timeline.", ".scorecard."))
    golden.write_text(score_file(recorded).to_json() + "\n", encoding="utf-8")
