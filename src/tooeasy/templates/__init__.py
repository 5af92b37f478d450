"""One picture of weights for each class."""

from tooeasy.templates.budget import BudgetCurve, BudgetStudy, PixelOrder, study_budget
from tooeasy.templates.growth import TemplateGrowth, explain_templates
from tooeasy.templates.settings import FROM_SKETCH, KINDS, Kind, Settings
from tooeasy.templates.study import TemplateStudy, fit_templates, study_templates, to_json_object

__all__ = [
    "FROM_SKETCH",
    "KINDS",
    "BudgetCurve",
    "BudgetStudy",
    "Kind",
    "PixelOrder",
    "Settings",
    "TemplateGrowth",
    "TemplateStudy",
    "explain_templates",
    "fit_templates",
    "study_budget",
    "study_templates",
    "to_json_object",
]
