"""The order in which the schema of charts (ECMA-376, part 1, 21.2) wants the parts of what our decks use.

PowerPoint refuses a file with a part out of order; LibreOffice and the library that wrote it do not notice.
"""

from collections.abc import Iterator
from typing import Any

_AXIS = (
    "axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr"
    " txPr crossAx crosses crossesAt"
)
_LABEL = (
    "numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent showBubbleSize separator"
    " showLeaderLines leaderLines extLst"
)
_SERIES = "idx order tx spPr"
_ORDERS = {
    "chartSpace": "date1904 lang roundedCorners AlternateContent style clrMapOvr pivotSource protection chart spPr txPr"
    " externalData printSettings userShapes extLst",
    "chart": "title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly dispBlanksAs"
    " showDLblsOverMax extLst",
    "plotArea": "layout barChart lineChart scatterChart catAx valAx dTable spPr extLst",
    "barChart": "barDir grouping varyColors ser dLbls gapWidth overlap serLines axId extLst",
    "lineChart": "grouping varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth axId extLst",
    "scatterChart": "scatterStyle varyColors ser dLbls axId extLst",
    "catAx": f"{_AXIS} auto lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl extLst",
    "valAx": f"{_AXIS} crossBetween majorUnit minorUnit dispUnits extLst",
    "scaling": "logBase orientation max min extLst",
    "dLbls": f"dLbl delete {_LABEL}",
    "dLbl": f"idx delete layout tx {_LABEL}",
    "errBars": "errDir errBarType errValType noEndCap plus minus val spPr extLst",
    "dPt": "idx invertIfNegative marker bubble3D explosion spPr pictureOptions extLst",
    "marker": "symbol size spPr extLst",
    "legend": "legendPos legendEntry layout overlay spPr txPr extLst",
    "manualLayout": "layoutTarget xMode yMode wMode hMode x y w h extLst",
}
_SERIES_ORDERS = {
    "barChart": f"{_SERIES} invertIfNegative pictureOptions dPt dLbls trendline errBars cat val shape extLst",
    "lineChart": f"{_SERIES} marker dPt dLbls trendline errBars cat val smooth extLst",
    "scatterChart": f"{_SERIES} marker dPt dLbls trendline errBars xVal yVal smooth extLst",
}


def name(part: Any) -> str:
    return part.tag.rpartition("}")[2]


def faults(space: Any) -> Iterator[str]:
    """Every part of a chart that is unknown where it stands, or stands after one that it should come before."""
    for part in space.iter():
        if not isinstance(part.tag, str):
            continue
        own = name(part)
        wanted = _SERIES_ORDERS[name(part.getparent())] if own == "ser" else _ORDERS.get(own)
        if wanted is None or (own == "marker" and not len(part)):
            continue
        order = wanted.split()
        found = [name(child) for child in part if isinstance(child.tag, str)]
        unknown = [child for child in found if child not in order]
        if unknown:
            yield f"{own} holds {unknown}"
        elif own != "plotArea" and [order.index(child) for child in found] != sorted(map(order.index, found)):
            yield f"{own}: {found}"
