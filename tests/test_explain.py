"""Messages for every shape of options that a spec can have, on a small one made for the purpose."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from distgroup.explain import explain
from distgroup.options import Options


class Round(Options):
    kind: Literal["round"] = "round"
    radius: float = Field(default=1.0, gt=0)


class Square(Options):
    kind: Literal["square"] = "square"
    side: int = Field(default=1, le=9)
    hollow: bool = False


Shape = Annotated[Round | Square, Field(discriminator="kind")]


class Drawing(Options):
    shapes: tuple[Shape, ...] = ()
    named: dict[str, Shape] = Field(default_factory=dict)
    frame: Square = Square()
    margin: int | Literal["auto"] = "auto"


def said(content):
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate(content)
    return explain(Path("d.yaml"), caught.value, Drawing, content)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            {"shapes": [{"kind": "round"}, {"kind": "square", "side": 10}]},
            "shapes[1].side: found 10; must be at most 9",
        ),
        (
            {"named": {"sun": {"kind": "round", "radios": 2}}},
            "named.sun.radios: unknown key; allowed: kind, radius (did you mean radius?)",
        ),
        ({"named": {"round": {"kind": "round", "radius": 0}}}, "named.round.radius: found 0; must be greater than 0"),
        (
            {"named": {"side": {"kind": "square", "sid": 2}}},
            "named.side.sid: unknown key; allowed: kind, side, hollow (did you mean side?)",
        ),
        (
            {"named": {"sun": {"kind": "rund"}}},
            "named.sun.kind: found 'rund'; allowed: round, square (did you mean round?)",
        ),
        ({"named": {"sun": None}}, "named.sun: found null; must be a mapping of one of the kinds round, square"),
        ({"frame": {"side": []}}, "frame.side: found []; must be a whole number"),
        ({"frame": []}, "frame: found []; must be a mapping with the keys kind, side, hollow"),
        ({"margin": "wide"}, "margin: found 'wide'; must be a whole number or 'auto'"),
        ({"margin": True}, "margin: found true; must not be true or false"),
        ({"shape": []}, "shape: unknown key; allowed: shapes, named, frame, margin (did you mean shapes?)"),
    ],
)
def test_one_finding(content, line):
    assert said(content).startswith(f"d.yaml: {line}")


def test_several_findings_are_a_list():
    found = said({"frame": {"side": 10, "hollow": "x"}, "margin": None})
    assert found.splitlines() == [
        "d.yaml: not a valid spec",
        "  frame.side: found 10; must be at most 9",
        "  frame.hollow: found 'x'; must be true or false",
        "  margin: found null; must be a whole number or 'auto'",
    ]


def test_true_and_false_stand_for_themselves_alone():
    assert Drawing.model_validate({"frame": {"hollow": True}}).frame.hollow is True
    assert "frame.side: found true" in said({"frame": {"side": True, "hollow": True}})
