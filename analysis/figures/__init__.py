"""The figures of the report: one module each, all drawn by `analysis.figures.canvas`."""

from analysis.figures.canvas import Drawn, Picture, save
from analysis.figures.development import development_figure, forms_over_experience
from analysis.figures.flow import flow_figure
from analysis.figures.forms import forms_figure
from analysis.figures.gaze import looking_figure

__all__ = [
    "Drawn",
    "Picture",
    "development_figure",
    "flow_figure",
    "forms_figure",
    "forms_over_experience",
    "looking_figure",
    "save",
]
