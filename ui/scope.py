"""The scope as chips: each part of it, and what remains when that part is taken away."""

from dataclasses import replace

from insight.audience import Audience, Combined, Mark


def chips(scope: Audience | None) -> list[tuple[Audience, Audience | None]]:
    """(part, the scope without it), outermost first. 'Or' and 'not' stand as one part: half of them means nothing."""
    if scope is None:
        return []
    if isinstance(scope, Mark):
        if scope.within is None:
            return [(scope, None)]
        inner = [(part, replace(scope, within=rest)) for part, rest in chips(scope.within)]
        return [*inner, (replace(scope, within=None), scope.within)]
    if scope.operator != "and":
        return [(scope, None)]
    found: list[tuple[Audience, Audience | None]] = []
    for place, whole in enumerate(scope.parts):
        for part, rest in chips(whole):
            left = tuple(
                other for other in (*scope.parts[:place], rest, *scope.parts[place + 1 :]) if other is not None
            )
            found.append((part, left[0] if len(left) == 1 else Combined("and", left)))
    return found
