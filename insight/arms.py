"""What the name of a test's arm says, wherever it is asked: when a file is read, and when the test is."""

CONTROL_WORDS = ("kontroll", "kontrollgrupp", "control", "holdout", "control group", "ingen", "none", "inget utskick")


def is_control_word(arm: str) -> bool:
    """Whether an arm's name says that it receives nothing."""
    return arm.strip().lower() in CONTROL_WORDS
